//! The standard glue for text recognition: what the line of text on the photo says (CTC, greedy decoding).

mod characters;

use characters::Characters;
use vision_glue_common::{
    bindings::{Guest, Value, export},
    json::score,
    manifest::{Blank, Fit, Head},
    model::Net,
    numbers::{are_probabilities, softmax},
    photo,
    values::Values,
};

struct TextRecognition;
export!(TextRecognition with_types_in vision_glue_common::bindings);

impl Guest for TextRecognition {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let answers = net.compute(&net.see(&photo, Fit::Letterbox)?)?;
        let characters = Characters::open(net.output.blank.unwrap_or(Blank::First))?;
        let misfit = || {
            let expected = format!(
                "one output [1, steps, classes] or [steps, 1, classes] with {} or {} classes, one per character, one for \
                 none and perhaps one for the space",
                characters.len() + 1,
                characters.len() + 2
            );
            net.misfit("of text recognition", &expected, &answers)
        };
        let [answer] = &answers[..] else { return Err(misfit()) };
        let classes = match *answer.shape {
            [1, _, classes] | [_, 1, classes] | [_, classes] if characters.fits(classes as usize) => classes as usize,
            _ => return Err(misfit()),
        };
        let are_scores = match net.output.head {
            None => !answer.read(|values| are_probabilities(values.part(0, classes).iter()))?,
            Some(Head::Logits) => true,
            Some(Head::Softmax) => false,
            Some(other) => return Err(format!("the head {other:?} is not one of text recognition")),
        };
        let (text, confidence) = answer.read(|values| read(values, classes, are_scores, &characters))?;
        Ok(vec![("text".to_owned(), Value::Text(text)), ("confidence".to_owned(), Value::Number(score(confidence)))])
    }
}

/// The best class of each step; what repeats is one character, unless there is none between. How sure that is: the mean
/// over the characters.
fn read(values: Values<'_>, classes: usize, are_scores: bool, characters: &Characters) -> (String, f32) {
    let (mut text, mut sure, mut last) = (String::new(), Vec::new(), None);
    for start in (0..values.len()).step_by(classes) {
        let step = values.part(start, classes);
        let (best, score) = step.best();
        let character = characters.of(best, classes);
        if let Some(character) = character
            && last != Some(best)
        {
            text.push_str(character);
            sure.push(if are_scores { share(step, best) } else { score });
        }
        last = Some(best);
    }
    let mean = if sure.is_empty() { 0.0 } else { sure.iter().sum::<f32>() / sure.len() as f32 };
    (text, mean)
}

fn share(step: Values<'_>, class: usize) -> f32 {
    let mut shares: Vec<f32> = step.iter().collect();
    softmax(&mut shares);
    shares.get(class).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Blank, Characters, Values, read};
    use vision_glue_common::values::bytes;

    fn decoded(steps: &[usize], blank: Blank, classes: usize) -> String {
        let characters = Characters::parse("a\nb".to_owned(), blank);
        let numbers: Vec<f32> = steps
            .iter()
            .flat_map(|&best| (0..classes).map(move |class| if class == best { 0.8 } else { 0.1 }))
            .collect();
        let (text, sure) = read(Values::new(&bytes(&numbers)), classes, false, &characters);
        assert!(text.is_empty() || (sure - 0.8).abs() < 1e-6);
        text
    }

    #[test]
    fn what_repeats_is_one_character() {
        assert_eq!(decoded(&[0, 1, 1, 0, 1, 2, 2, 0], Blank::First, 3), "aab");
        assert_eq!(decoded(&[2, 0, 0, 2, 0, 1], Blank::Last, 3), "aab");
        assert_eq!(decoded(&[0, 0], Blank::First, 3), "");
    }

    #[test]
    fn one_class_more_is_the_space() {
        assert_eq!(decoded(&[1, 3, 2], Blank::First, 4), "a b");
        assert_eq!(decoded(&[0, 2, 1], Blank::Last, 4), "a b");
    }

    #[test]
    fn numbers_become_shares() {
        let characters = Characters::parse("a".to_owned(), Blank::First);
        let (text, sure) = read(Values::new(&bytes(&[5.0, 5.0 + 3.0_f32.ln()])), 2, true, &characters);
        assert_eq!(text, "a");
        assert!((sure - 0.75).abs() < 1e-6);
    }
}
