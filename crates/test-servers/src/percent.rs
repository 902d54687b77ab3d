//! Names and passwords inside a URL.

use std::fmt::Write;

/// `user:password`, as it stands before the `@`.
pub(crate) fn login(user: &str, password: &str) -> String {
    format!("{}:{}", encoded(user), encoded(password))
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut url, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            _ => {
                let _ = write!(url, "%{byte:02X}"); // writing into a String cannot fail
            }
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_with_a_meaning_is_encoded() {
        assert_eq!(encoded("a:b@c/ü~"), "a%3Ab%40c%2F%C3%BC~");
    }
}
