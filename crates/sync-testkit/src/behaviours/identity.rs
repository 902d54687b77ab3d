//! `a_source_knows_itself_and_its_tables`

use crate::fixture::SourceFixture;
use crate::given::Subject;

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let first = Subject::with(fixture, "identity", &[]).await?;
    let second = Subject::of(fixture, "identity").await?;
    let (identity, again) = (first.identity().await?, second.identity().await?);
    if identity.id() != again.id() {
        return Err(format!("two connections to one place name it {:?} and {:?}", identity.id(), again.id()));
    }
    let before = first.pulse().await?;
    if before.identity.id() != identity.id() {
        return Err(format!("pulse names {:?} and identity {:?}", before.identity.id(), identity.id()));
    }
    let Some(catalog) = before.catalog else { return Ok(()) };
    if second.pulse().await?.catalog.as_ref() != Some(&catalog) {
        return Err("pulse tells of a change of the catalog where there was none".into());
    }
    fixture.create("identity_later").await.map_err(|error| format!("the fixture made no table: {error}"))?;
    if first.pulse().await?.catalog == Some(catalog) {
        return Err("a table was made, and pulse tells of no change of the catalog".into());
    }
    Ok(())
}
