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
    assert_eq!(wrong, "port: invalid type: a text, expected u16");
    let wrong = error(json!({"url": "shop://", "port": 70000})).await;
    assert_eq!(wrong, "port: invalid value: a whole number, expected u16");
    let wrong = error(json!({"url": "shop://", "prot": 1})).await;
    assert_eq!(wrong, "prot: unknown field `prot`, expected one of `url`, `password`, `port`");
}

#[tokio::test]
async fn no_secret_is_shown() {
    for password in [json!(1.2345), json!(["hunter2"]), json!({"hunter2": 1})] {
        let error = error(json!({"url": "shop://a:hunter2@b/c", "password": password})).await;
        assert!(!error.contains("hunter2") && !error.contains("2345"), "{error}");
    }
}

/// The settings of a driver that takes no care of secrets.
#[derive(Deserialize, Default)]
#[serde(default)]
#[expect(dead_code, reason = "read by serde only")]
struct CarelessConfig {
    url: String,
    password: Option<u16>,
    token: Option<Color>,
    secret: Option<Tuned>,
    key: Option<std::net::IpAddr>,
    keys: Vec<(String, bool)>,
    anything: Option<Either>,
    checked: Option<Checked>,
    #[serde(flatten)]
    more: More,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read by serde only")]
enum Color {
    Red,
    Mixed { parts: u8 },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by serde only")]
struct Tuned {
    level: u8,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "read by serde only")]
enum Either {
    Number(u8),
    Flag(bool),
}

/// Its error shows the value.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("{text:?} is not right")))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct More {
    passphrase: Option<u8>,
    limit: Option<u8>,
}

struct Careless;

impl Driver for Careless {
    const SCHEMES: &'static [&'static str] = &["careless"];
    type Config = CarelessConfig;

    async fn connect(_: CarelessConfig) -> Result<Box<dyn Source>> {
        Ok(Box::new(MemorySource::new()))
    }
}

async fn careless(mut settings: serde_json::Value) -> Result<Box<dyn Source>> {
    settings["url"].as_str().is_none().then(|| settings["url"] = "careless://".into());
    Registry::new().with::<Careless>().connect(settings).await
}

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_never_shown_however_odd() {
    let passwords = [
        "hunter2",
        "hun\"ter2",
        "hunter2`, expected `x",
        "hunter2, expected u16",
        "\\hunter2\n\u{1b}[31m",
        "hunter2é\u{0}",
        "''hunter2",
        "string \"hunter2\"",
        "{hunter2}",
        "hunter2\u{202e}",
    ];
    for password in passwords {
        let odd = [
            json!({"password": password}),
            json!({"token": password}),
            json!({"token": {password: 1}}),
            json!({"token": {"Mixed": {"parts": password}}}),
            json!({"secret": password}),
            json!({"secret": {"level": password}}),
            json!({"secret": [password]}),
            json!({"key": password}),
            json!({"keys": [[password, password]]}),
            json!({"keys": password}),
            json!({"anything": password}),
            json!({"passphrase": password}),
            json!({"limit": password}),
            json!({"checked": password, "password": 1, "api_token": password}),
            json!({"checked": password, "url": format!("careless://app:{password}@host")}),
        ];
        for settings in odd {
            let error = careless(settings.clone()).await.unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("ter2"), "{settings}: {shown}");
        }
    }
    for number in [json!(31_337_133_u64), json!(-31_337_133), json!(31337.133)] {
        for key in ["password", "token", "secret", "key", "limit", "passphrase", "keys", "anything"] {
            let error = careless(json!({key: number})).await.unwrap_err().to_string();
            assert!(!error.contains("31337"), "{key}: {error}");
        }
    }
}

#[tokio::test]
async fn other_errors_of_a_driver_stay_as_they_are() {
    let error = async |settings| careless(settings).await.unwrap_err().to_string();
    assert_eq!(error(json!({"checked": "plain"})).await, "checked: \"plain\" is not right");
    assert_eq!(error(json!({"token": "Blue"})).await, "token: invalid value: none of `Red`, `Mixed`");
    assert_eq!(
        error(json!({"keys": [["a", 1]]})).await,
        "keys[0][1]: invalid type: a whole number, expected a boolean"
    );
    assert_eq!(error(json!({"keys": {"a": 1}})).await, "keys: invalid type: a section, expected a sequence");
    assert_eq!(error(json!({"keys": [["a"]]})).await, "keys[0]: invalid length 1, expected a tuple of size 2");
    let hidden = "key: invalid value, of which nothing is shown as it may be a secret";
    assert_eq!(error(json!({"key": "1.2.3"})).await, hidden);
    assert!(careless(json!({"token": "Red", "keys": [["a", true]], "key": "::1", "anything": 1})).await.is_ok());
    assert!(careless(json!({"token": {"Mixed": {"parts": 1}}, "password": null, "limit": 2})).await.is_ok());
}
