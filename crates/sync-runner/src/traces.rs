//! Traces of runs to an OpenTelemetry collector. Whether, where to and how is said by the variables of that standard.

use std::env;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// Each of these names a collector.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// What the end of the program waits for a collector that takes the last spans.
const LAST_SPANS: Duration = Duration::from_secs(3);

/// Sends spans until it is dropped, which sends the last ones.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Nothing where no collector is named.
    ///
    /// # Errors
    /// When the variables ask for what can't be had, such as a protocol that is not built in.
    pub(crate) fn start() -> Result<Option<Self>, String> {
        if !ENDPOINTS.into_iter().any(is_set) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder().with_http().build().map_err(|error| error.to_string())?;
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build();
        Ok(Some(Self(provider)))
    }

    /// Spans and lines of the sync itself. Those of the exporter would have it send without end.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let own = Targets::new().with_target("sync_core", tracing::Level::DEBUG);
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("data-sync")).with_location(false).with_filter(own)
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // What is lost then was told by the exporter.
        drop(self.0.shutdown_with_timeout(LAST_SPANS));
    }
}

/// Under the name of the program, where none is set.
fn resource() -> Resource {
    let named = is_set("OTEL_SERVICE_NAME")
        || env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|attributes| attributes.contains("service.name="));
    let resource = Resource::builder();
    if named { resource.build() } else { resource.with_service_name("data-sync").build() }
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}
