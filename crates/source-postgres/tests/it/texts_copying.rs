//! What is said of a copy that breaks off while the connection goes on.

use source_postgres::{PostgresConfig, PostgresSource};
use sync_core::{ErrorKind, Scope};
use test_servers::Postgres;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::place::Place;

/// What a server sends behind the last row of a binary copy.
const END_MARK: &[u8] = &[0xff, 0xff];

#[tokio::test]
async fn a_copy_without_its_end_mark_is_not_taken_for_a_whole_one() {
    let place = Place::with("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)");
    let table = place.table("t", None, Some("id")).await;
    let lossy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = PostgresConfig::new(format!("{}?sslmode=disable", place.database.url()));
    config.port = Some(lossy.local_addr().unwrap().port());
    tokio::spawn(lose_end_marks(lossy, Postgres::shared().port()));
    let place = Place { source: PostgresSource::new(&config).unwrap(), ..place };
    let error = place.give(Scope::Table(table), None, 100).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.to_string(), "table public.t: the server ended a copy before its end mark");
}

/// Stands between a source and its server, and passes on all but the end marks of copies.
async fn lose_end_marks(listener: TcpListener, port: u16) {
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let (mut asked, answered) = client.into_split();
        let (answers, mut questions) = server.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut asked, &mut questions).await });
        tokio::spawn(pass_on(answers, answered));
    }
}

/// Each message of a server is a letter, a length that counts itself, and that many bytes.
async fn pass_on(
    mut answers: tokio::net::tcp::OwnedReadHalf,
    mut answered: tokio::net::tcp::OwnedWriteHalf,
) -> std::io::Result<()> {
    loop {
        let (letter, length) = (answers.read_u8().await?, answers.read_u32().await?);
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        answers.read_exact(&mut body).await?;
        if (letter, body.as_slice()) != (b'd', END_MARK) {
            answered.write_u8(letter).await?;
            answered.write_u32(length).await?;
            answered.write_all(&body).await?;
        }
    }
}
