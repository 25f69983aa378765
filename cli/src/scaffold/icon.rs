//! An icon: the task's sign on a colour that comes of the name.

use vision_protocol::Digest;

/// An SVG of 64 x 64 with this in it.
pub(super) fn svg(title: &str, sign: &str) -> String {
    let hue = u32::from(Digest::of(title.as_bytes()).0[0]) * 360 / 256;
    let title = escaped(title);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="{title}">
  <defs>
    <linearGradient id="back" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="hsl({hue}, 70%, 55%)"/>
      <stop offset="1" stop-color="hsl({}, 70%, 32%)"/>
    </linearGradient>
  </defs>
  <rect width="64" height="64" rx="14" fill="url(#back)"/>
  <g fill="none" stroke="#ffffff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">
    {sign}
  </g>
</svg>
"##,
        (hue + 30) % 360
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_colour() {
        for number in 0..1_000 {
            let icon = svg(&format!("App <{number}>"), "");
            let hues = icon.split("hsl(").skip(1).filter_map(|rest| rest.split(',').next()?.parse::<u32>().ok());
            assert_eq!(hues.filter(|hue| *hue < 360).count(), 2, "{icon}");
            assert!(icon.contains(&format!("App &lt;{number}&gt;")), "{icon}");
        }
    }
}
