//! `secrets_never_appear`

use crate::fixture::SourceFixture;
use crate::given::Subject;

pub(crate) async fn check(fixture: &dyn SourceFixture) -> Result<(), String> {
    let secrets = fixture.secrets();
    if secrets.is_empty() {
        return Ok(());
    }
    let subject = Subject::with(fixture, "secrets", &[]).await?;
    let error = subject.renamed("secrets_absent")?.read_error().await;
    let identity = subject.identity().await?;
    for (what, text) in [
        ("the source's Debug", subject.debug()),
        ("its identity", format!("{identity:?}")),
        ("an error", error.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("an error's Debug", format!("{error:?}")),
    ] {
        if let Some(place) = secrets.iter().position(|secret| text.contains(secret.as_str())) {
            // The text itself would show it once more.
            return Err(format!("{what} shows secret number {}", place + 1));
        }
    }
    Ok(())
}
