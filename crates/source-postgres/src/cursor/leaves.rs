//! The tables that really hold a table's rows, as a sweep saw them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// By oid: a plain table itself, or the leaves of a partitioned one. Written as `16390:16412`, separated by blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Leaves(BTreeMap<u32, Leaf>);

/// What of a leaf tells that it is still the one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Its file: another one after a rewrite or a TRUNCATE.
    pub(crate) file: u32,
    /// `relkind`.
    pub(crate) kind: u8,
    /// The name of its access method; empty for a foreign table.
    pub(crate) method: String,
}

impl Leaf {
    /// Whether its rows carry the transaction that wrote them.
    pub(crate) fn is_heap(&self) -> bool {
        self.kind == b'r' && self.method == "heap"
    }
}

impl Leaves {
    /// Those that were not there before, or are not what they were: none of their rows can be taken for known. In the order of oids.
    pub(crate) fn new_since(&self, before: &Self) -> Vec<u32> {
        self.0.iter().filter(|(oid, leaf)| before.0.get(oid) != Some(leaf)).map(|(oid, _)| *oid).collect()
    }

    /// Which tables they are.
    pub(crate) fn oids(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }

    /// A leaf whose rows don't carry the transaction that wrote them.
    pub(crate) fn foreign(&self) -> Option<&Leaf> {
        self.0.values().find(|leaf| !leaf.is_heap())
    }
}

impl FromIterator<(u32, Leaf)> for Leaves {
    fn from_iter<I: IntoIterator<Item = (u32, Leaf)>>(leaves: I) -> Self {
        Self(leaves.into_iter().collect())
    }
}

/// What is usual is left out: a name of thousands of partitions stands in every cursor.
impl From<Leaves> for String {
    fn from(leaves: Leaves) -> Self {
        let texts: Vec<String> = leaves.0.iter().map(|(oid, leaf)| format!("{oid}:{leaf}")).collect();
        texts.join(" ")
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_heap() {
            return write!(f, "{}", self.file);
        }
        write!(f, "{}:{}:{}", self.file, char::from(self.kind), self.method)
    }
}

impl TryFrom<String> for Leaves {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let leaf = |text: &str| {
            let (oid, leaf) = text.split_once(':')?;
            Some((oid.parse().ok()?, leaf.parse().ok()?))
        };
        let leaves = text.split(' ').filter(|part| !part.is_empty()).map(leaf);
        leaves.collect::<Option<BTreeMap<_, _>>>().map(Self).ok_or_else(|| format!("{text:?} is no list of tables"))
    }
}

impl FromStr for Leaf {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':');
        let file = parts.next().unwrap_or_default().parse()?;
        let kind = parts.next().and_then(|kind| kind.bytes().next()).unwrap_or(b'r');
        Ok(Self { file, kind, method: parts.next().unwrap_or("heap").to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(list: &[(u32, u32, u8, &str)]) -> Leaves {
        let leaf = |(oid, file, kind, method): &(u32, u32, u8, &str)| {
            (*oid, Leaf { file: *file, kind: *kind, method: (*method).to_owned() })
        };
        list.iter().map(leaf).collect()
    }

    #[test]
    fn leaves_survive_their_text() {
        let all = leaves(&[(7, 8, b'r', "heap"), (9, 9, b'r', "columns"), (10, 0, b'f', "")]);
        let text = String::from(all.clone());
        assert_eq!(text, "7:8 9:9:r:columns 10:0:f:");
        assert_eq!(Leaves::try_from(text), Ok(all));
        assert_eq!(Leaves::try_from(String::new()), Ok(Leaves::default()));
        assert!(Leaves::try_from("7".to_owned()).is_err() && Leaves::try_from("7:x".to_owned()).is_err());
    }

    #[test]
    fn what_is_new_or_rewritten_is_told_from_what_is_known() {
        let before = leaves(&[(7, 8, b'r', "heap"), (9, 9, b'r', "heap"), (11, 11, b'r', "heap")]);
        let now = leaves(&[(7, 8, b'r', "heap"), (9, 10, b'r', "heap"), (12, 12, b'r', "heap")]);
        assert_eq!(now.new_since(&before), [9, 12]);
        assert!(now.foreign().is_none());
        assert!(leaves(&[(1, 1, b'r', "columns")]).foreign().is_some());
    }
}
