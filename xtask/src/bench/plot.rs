//! A bar for each contender, drawn by hand.

const WIDTH: f64 = 760.0;
const BAR: f64 = 22.0;
const STEP: f64 = 32.0;
/// Where the bars begin, and how long the longest is.
const LEFT: f64 = 260.0;
const LONGEST: f64 = 380.0;

/// Rows a second, the longest bar filling the room.
pub(super) fn svg(bars: &[(String, f64)]) -> String {
    let most = bars.iter().map(|(_, speed)| *speed).fold(1.0, f64::max);
    let height = STEP * bars.len() as f64 + 40.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" fill=\"#333333\">rows a second</text>\n"
    );
    for (index, (name, speed)) in bars.iter().enumerate() {
        let top = 32.0 + STEP * index as f64;
        let (text, length) = (top + BAR * 0.7, LONGEST * speed / most);
        let color = if name.starts_with("data-sync") {
            "#2563eb"
        } else if name.ends_with("alone") || name.contains("alone,") {
            "#cbd5e1"
        } else {
            "#f59e0b"
        };
        svg.push_str(&format!(
            "<text x=\"{:.0}\" y=\"{text:.0}\" text-anchor=\"end\" fill=\"#333333\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{top:.0}\" width=\"{length:.0}\" height=\"{BAR}\" fill=\"{color}\"/>\n\
             <text x=\"{:.0}\" y=\"{text:.0}\" fill=\"#333333\">{:.0} k</text>\n",
            LEFT - 8.0,
            escaped(name),
            LEFT + length + 6.0,
            speed / 1000.0
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_speed() {
        let svg = svg(&[("data-sync".into(), 200_000.0), ("a | b <c>".into(), 100_000.0)]);
        assert!(svg.contains("width=\"380\"") && svg.contains("width=\"190\""), "{svg}");
        assert!(svg.contains("a | b &lt;c&gt;") && svg.contains(">200 k<"), "{svg}");
    }
}
