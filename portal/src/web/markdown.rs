//! An author's README as HTML, to stand below a page's own heading.

use std::sync::LazyLock;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = ammonia::Builder::default();
    // Pictures could only come from outside, which the content security policy refuses anyway.
    cleaner.rm_tags(["img"]).link_rel(Some("noopener noreferrer nofollow"));
    cleaner
});

/// HTML without scripts, forms, pictures, and without the title that the page shows already.
pub(crate) fn render(markdown: &str) -> String {
    let mut dirty = String::new();
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut in_title = false;
    let events = events.enumerate().filter_map(|(index, event)| match event {
        Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) if index == 0 => {
            in_title = true;
            None
        }
        Event::End(TagEnd::Heading(_)) if in_title => {
            in_title = false;
            None
        }
        _ if in_title => None,
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Some(Event::Start(Tag::Heading { level: lower(level), id, classes, attrs }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lower(level)))),
        other => Some(other),
    });
    html::push_html(&mut dirty, events);
    CLEANER.clean(&dirty).to_string()
}

/// A page has one first-level heading: the app's name.
fn lower(level: HeadingLevel) -> HeadingLevel {
    if level == HeadingLevel::H1 { HeadingLevel::H2 } else { level }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_rendered_and_cleaned() {
        let html = render("**bold** <script>alert(1)</script> [x](javascript:alert(1)) ![p](http://e.org/p.png)");
        assert!(html.contains("<strong>bold</strong>"), "{html}");
        assert!(!html.contains("script") && !html.contains("<img"), "{html}");
    }

    #[test]
    fn the_title_is_left_to_the_page() {
        assert_eq!(render("# Shape *Finder*\n\nFinds.\n\n# More\n").trim(), "<p>Finds.</p>\n<h2>More</h2>");
    }
}
