//! Geometries travel as the server keeps them: four bytes that name the reference system, then well-known binary.

use super::Malformed;

/// The well-known binary alone. Its order of coordinates is x before y, longitude before latitude, in every reference system.
pub(super) fn well_known_binary(raw: &[u8]) -> Result<&[u8], Malformed> {
    /// One byte says the order of bytes, four the kind.
    const LEAST: usize = 5;
    match raw.split_first_chunk::<4>() {
        Some((_, shape @ [0 | 1, ..])) if shape.len() >= LEAST => Ok(shape),
        _ => Err(Malformed(format!("{} bytes are no geometry", raw.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_system_is_cut_off() {
        let raw = [0xe6, 0x10, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(well_known_binary(&raw), Ok(&raw[4..]));
    }

    #[test]
    fn what_is_too_short_or_in_no_order_of_bytes_is_refused() {
        assert_eq!(well_known_binary(&[0, 0, 0, 0, 1, 7]).unwrap_err().0, "6 bytes are no geometry");
        assert!(well_known_binary(&[0, 0, 0, 0, 2, 7, 0, 0, 0]).is_err());
        assert!(well_known_binary(&[]).is_err());
    }
}
