//! A search that no app fits as it stands: the names that come close, and what was probably meant.

use super::{APPS_PER_PAGE, Found};
use crate::{
    domain::{Page, Result, catalog::AppCard},
    state::Portal,
    store::{AppQuery, words},
};

/// How alike two words must be, from 0 to 1: one wrong letter in three, two in six.
const ALIKE: f64 = 0.66;
/// A word that the name's word begins with counts as this alike at least, once it has so many letters.
const BEGINNING: (f64, usize) = (0.9, 3);

/// What comes close.
pub(super) async fn search(portal: &Portal, query: &AppQuery<'_>, page: u32) -> Result<Found> {
    let wanted = query.words;
    let grams = words::grams(&wanted.join(" "));
    let near = portal.store.near_names(&grams, query).await?;
    let mut close: Vec<(f64, i64, String)> = near
        .into_iter()
        .filter_map(|(app, name)| likeness(wanted, &name).map(|(likeness, meant)| (likeness, app, meant)))
        .collect();
    // Stable: among names that are as close, those that share most threes of letters come first.
    close.sort_by(|one, other| other.0.total_cmp(&one.0));
    let meant = close.first().map(|(_, _, meant)| meant.clone());
    let total = close.len();
    let shown = close.iter().skip((page as usize - 1) * APPS_PER_PAGE as usize).take(APPS_PER_PAGE as usize);
    let ids: Vec<i64> = shown.map(|(_, app, _)| *app).collect();
    let rows = portal.store.apps_by_id(&ids).await?;
    let cards = rows.into_iter().map(AppCard::from_row).collect::<Result<_>>()?;
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    Ok(Found { page: Page::new(cards, page, APPS_PER_PAGE, total), is_more: false, meant })
}

/// How close a folded name comes to the words, and those words as the name has them; `None` if one of them is nowhere.
fn likeness(wanted: &[String], name: &str) -> Option<(f64, String)> {
    let mut sum = 0.0;
    let mut meant = Vec::new();
    for word in wanted {
        let (alike, found) =
            name.split(' ').map(|found| (alike(word, found), found)).max_by(|one, other| one.0.total_cmp(&other.0))?;
        if alike < ALIKE {
            return None;
        }
        sum += alike;
        meant.push(found);
    }
    Some((sum / wanted.len().max(1) as f64, meant.join(" ")))
}

fn alike(wanted: &str, found: &str) -> f64 {
    let (likeness, letters) = BEGINNING;
    let whole = strsim::normalized_damerau_levenshtein(wanted, found);
    if wanted.chars().count() >= letters && found.starts_with(wanted) { whole.max(likeness) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(wanted: &str, name: &str) -> Option<String> {
        likeness(&words::words(wanted), name).map(|(_, meant)| meant)
    }

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        assert_eq!(close("digt raeder", "digit reader").as_deref(), Some("digit reader"));
        assert_eq!(close("Shap", "shape finder").as_deref(), Some("shape"));
        assert_eq!(close("findre shape", "shape finder").as_deref(), Some("finder shape"));
        assert_eq!(close("cat", "dog finder"), None);
        assert_eq!(close("digit printer", "digit reader"), None);
    }
}
