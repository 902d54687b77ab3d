//! Drivers are found by scheme, and their settings checked, without ever showing a secret.

use serde::Deserialize;
use serde_json::json;
use sync_core::memory::MemorySource;
use sync_core::settings::Secret;
use sync_core::{Driver, Registry, Result, Source};

struct Shop;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by serde only")]
struct ShopConfig {
    url: String,
    #[serde(default)]
    password: Option<Secret>,
    #[serde(default)]
    port: Option<u16>,
}

impl Driver for Shop {
    const SCHEMES: &'static [&'static str] = &["shop"];
    type Config = ShopConfig;

    async fn connect(_: ShopConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(MemorySource::new()))
    }
}

async fn error(settings: serde_json::Value) -> String {
    Registry::new().with::<Shop>().connect(settings).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_scheme_finds_its_driver() {
    let source = Registry::new().with::<Shop>().connect(json!({"url": "SHOP://anywhere"})).await.unwrap();
    assert_eq!(source.identity().await.unwrap().description(), "tables in memory");
}

#[tokio::test]
async fn mistakes_name_the_key() {
    assert_eq!(error(json!({})).await, "url: a source needs an address; write url = \"shop://user@host/database\"");
    assert_eq!(error(json!({"url": "nothing"})).await, "url: it is no URL; write url = \"shop://user@host/database\"");
    assert_eq!(error(json!({"url": "ftp://a:hunter2@b"})).await, "url: no driver serves \"ftp\"; known schemes: shop");
    let wrong = error(json!({"url": "shop://", "port": "x"})).await;
    assert!(wrong.starts_with("port: invalid type"), "{wrong}");
}

#[tokio::test]
async fn no_secret_is_shown() {
    for password in [json!(1.2345), json!(["hunter2"]), json!({"hunter2": 1})] {
        let error = error(json!({"url": "shop://a:hunter2@b/c", "password": password})).await;
        assert!(!error.contains("hunter2") && !error.contains("2345"), "{error}");
    }
}
