//! What a query may do: read.

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// Pragmas that tell about tables; the name of one may follow.
const ABOUT_TABLES: [&str; 9] = [
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];
/// Pragmas that tell about the file; a value would set something.
const ABOUT_FILE: [&str; 8] = [
    "application_id",
    "compile_options",
    "encoding",
    "freelist_count",
    "page_count",
    "page_size",
    "schema_version",
    "user_version",
];

/// Lets nothing through but reading. The connection can't write to the replica anyway; this keeps it from other files too.
pub(super) fn arm(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.authorizer(Some(|context: AuthContext<'_>| permit(&context.action)))
}

/// For statements of our own.
pub(super) fn disarm(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
}

fn permit(action: &AuthAction<'_>) -> Authorization {
    let permitted = match action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !function_name.eq_ignore_ascii_case("load_extension"),
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let is = |known: &&str| pragma_name.eq_ignore_ascii_case(known);
            ABOUT_TABLES.iter().any(is) || (pragma_value.is_none() && ABOUT_FILE.iter().any(is))
        }
        _ => false,
    };
    if permitted { Authorization::Allow } else { Authorization::Deny }
}
