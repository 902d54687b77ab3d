//! The stream of a binary COPY, cut into rows.

use std::pin::Pin;

use bytes::{Buf, Bytes, BytesMut};
use sync_core::{Error, Result};
use tokio_postgres::{Client, CopyOutStream};

use super::assembly::Assembly;
use super::projection::Fields;
use super::wait::{Waits, next};
use crate::error::from_server;

/// Rows of a COPY under way.
pub(super) struct CopyRows {
    stream: Pin<Box<CopyOutStream>>,
    waits: Waits,
    buffer: Bytes,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Rows,
    /// The end mark came; the server's last word did not yet.
    Trailer,
    Ended,
}

/// How the next row lies in the buffer.
enum Found {
    Row { fields: usize, length: usize },
    End,
    Incomplete,
}

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// Bytes of a count of fields, and of a field's length.
const COUNT: usize = 2;
const LENGTH: usize = 4;
/// The length of a field that is NULL.
const NULL: [u8; LENGTH] = (-1_i32).to_be_bytes();
/// The signature, flags, and the length of what may follow.
const HEADER: usize = SIGNATURE.len() + 8;

impl CopyRows {
    /// Starts `COPY (query) TO STDOUT`. The statement it prepares is closed with it.
    pub(super) async fn start(client: &Client, query: &str, waits: Waits) -> Result<Self> {
        let statement = format!("COPY ({query}) TO STDOUT (FORMAT binary)");
        let copying = tokio::time::timeout(waits.first, client.copy_out(&statement)).await;
        let stream = match copying {
            Ok(stream) => Box::pin(stream.map_err(from_server)?),
            Err(_) => return Err(waits.exceeded(true)),
        };
        Ok(Self { stream, waits, buffer: Bytes::new(), state: State::Header })
    }

    /// Adds rows until the batch is full; tells whether there may be more.
    pub(super) async fn fill(&mut self, assembly: &mut Assembly) -> Result<bool> {
        while !assembly.is_full() {
            if self.state == State::Rows {
                match find(&self.buffer)? {
                    Found::Row { fields, length } => {
                        let expected = assembly.projection().decoders.len();
                        if fields != expected {
                            return Err(corrupt(&format!("a row of {fields} fields for {expected}")));
                        }
                        assembly.add(&CopyRow(&self.buffer[..length]), true)?;
                        self.buffer.advance(length);
                        if self.buffer.is_empty() {
                            // Else the bytes of a wide row would stay until the next one is whole.
                            self.buffer = Bytes::new();
                        }
                        continue;
                    }
                    Found::End => self.state = State::Trailer,
                    Found::Incomplete => {}
                }
            }
            if self.state == State::Header && self.skip_header()? {
                continue;
            }
            if !self.receive().await? {
                return Ok(false);
            }
        }
        Ok(self.state != State::Ended)
    }

    /// Waits for more bytes; false at the end.
    async fn receive(&mut self) -> Result<bool> {
        let first = self.state == State::Header;
        match next(&mut self.stream, &self.waits, first).await? {
            Some(_) if self.state == State::Trailer => Err(corrupt("there is something behind its end")),
            Some(bytes) => {
                if self.buffer.is_empty() {
                    self.buffer = bytes;
                } else {
                    let mut joined = BytesMut::with_capacity(self.buffer.len() + bytes.len());
                    joined.extend_from_slice(&self.buffer);
                    joined.extend_from_slice(&bytes);
                    self.buffer = joined.freeze();
                }
                Ok(true)
            }
            None if self.state == State::Trailer => {
                self.state = State::Ended;
                Ok(false)
            }
            None => Err(Error::unavailable("the server ended a copy before its end mark")),
        }
    }

    fn skip_header(&mut self) -> Result<bool> {
        let Some(header) = self.buffer.get(..HEADER) else { return Ok(false) };
        if !header.starts_with(SIGNATURE) {
            return Err(corrupt("it does not begin as one"));
        }
        let extension = int4(header, HEADER - 4).and_then(|length| usize::try_from(length).ok());
        let extension = extension.ok_or_else(|| corrupt("its header has a negative length"))?;
        if self.buffer.len() < HEADER + extension {
            return Ok(false);
        }
        self.buffer.advance(HEADER + extension);
        self.state = State::Rows;
        Ok(true)
    }
}

/// Looks for the row at the beginning: a count of fields, then for each its length and bytes; a length of -1 is NULL, a count of -1 the
/// end.
#[inline]
fn find(bytes: &[u8]) -> Result<Found> {
    let Some((count, mut rest)) = bytes.split_first_chunk::<COUNT>() else { return Ok(Found::Incomplete) };
    let Ok(fields) = usize::try_from(i16::from_be_bytes(*count)) else { return Ok(Found::End) };
    for _ in 0..fields {
        let Some((length, behind)) = rest.split_first_chunk::<LENGTH>() else { return Ok(Found::Incomplete) };
        rest = match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => match behind.get(length..) {
                Some(behind) => behind,
                None => return Ok(Found::Incomplete),
            },
            Err(_) if *length == NULL => behind,
            Err(_) => return Err(corrupt("a field has a negative length")),
        };
    }
    Ok(Found::Row { fields, length: bytes.len() - rest.len() })
}

/// The bytes of one whole row.
struct CopyRow<'a>(&'a [u8]);

impl Fields for CopyRow<'_> {
    #[inline]
    fn all(&self) -> impl Iterator<Item = Option<&[u8]>> {
        let mut rest = self.0.get(COUNT..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
            let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
                rest = behind;
                return Some(None);
            };
            let (field, behind) = behind.split_at_checked(length)?;
            rest = behind;
            Some(Some(field))
        })
    }

    #[inline]
    fn size(&self) -> usize {
        self.0.len()
    }
}

#[inline]
fn int4(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..at + 4)?.first_chunk().map(|chunk| i32::from_be_bytes(*chunk))
}

fn corrupt(what: &str) -> Error {
    Error::internal(format!("the server's copy can't be read: {what}"))
}
