//! The page: what it may load, and what a browser shows of it.

use std::process::Command;
use std::time::Duration;

use sync_core::settings::Secret;

use crate::client::get;
use crate::fixture::Shop;

#[test]
fn it_loads_nothing_from_elsewhere_and_needs_no_token() {
    let shop = Shop::synced();
    let served = shop.serve(|endpoints| endpoints.token = Some(Secret::new("letmein")));
    for (path, media_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
    ] {
        let answer = get(served.address(), path);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(media_type)));
        assert!(
            answer.header("content-security-policy").unwrap().starts_with("default-src 'none'; script-src 'self';")
        );
        for (at, _) in answer.body.match_indices("://") {
            assert!(answer.body[..at].ends_with("http") && answer.body[at..].starts_with("://www.w3.org/2000/svg"));
        }
    }
    assert_eq!(get(served.address(), "/history").status, 401);
}

/// In a browser where there is one: a table that is fresh, one that lags, one that fails, and its recovery.
#[test]
fn heavy_a_browser_shows_how_tables_stand() {
    let Some(browser) = browser() else {
        eprintln!("SKIPPED: there is no browser; install chromium");
        return;
    };
    let shop = Shop::synced();
    let served = shop.serve(|_| {});
    let page = || {
        let shown = Command::new(browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                // It would look for its maker's hosts.
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--virtual-time-budget=3000",
            ])
            .args(["--window-size=390,800", "--dump-dom", &format!("http://{}/", served.address())])
            .output()
            .unwrap();
        String::from_utf8(shown.stdout).unwrap()
    };
    served.status.send_modify(|status| {
        status.tables.iter_mut().for_each(|table| table.interval = Some(Duration::from_secs(3600)));
        let users = status.tables.iter_mut().find(|table| table.replica == "tmp_users").unwrap();
        users.error = Some("<b>the login may not read it</b>".to_owned());
    });
    let shown = page();
    assert!(shown.contains("data-state=\"failing\"") && shown.contains("data-state=\"fresh\""), "{shown}");
    assert_eq!(shown.matches(">Resync</button>").count(), 2, "{shown}");
    assert!(shown.contains("&lt;b&gt;the login may not read it"), "{shown}");
    served.status.send_modify(|status| {
        status.tables.iter_mut().for_each(|table| table.error = None);
    });
    let shown = page();
    assert!(!shown.contains("data-state=\"failing\"") && shown.contains("2 fresh"), "{shown}");
    served.status.send_modify(|status| {
        status.tables[0].interval = Some(Duration::from_secs(60));
        status.tables[0].last_success_ms = status.tables[0].last_success_ms.map(|success| success - 3_600_000);
    });
    let shown = page();
    assert!(shown.contains("1 fresh, 1 lagging") && shown.contains("data-state=\"lagging\""), "{shown}");
}

fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|ran| ran.status.success()))
}
