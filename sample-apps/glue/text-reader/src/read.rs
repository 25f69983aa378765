//! What strips say: the second model.

use std::ops::Range;

use vision_app::{Model, Result, Tensor, assets};

use crate::strip::{HIGH, Strip};

/// Columns that the model looks at together.
const WINDOW: usize = 320;
/// Columns of a step: each step is one character or none.
const STEP: usize = 2;
/// What stands further away than this does not change what the model says of a step: it is the reach of its
/// convolutions. Windows overlap by twice as much, so a long line is read as if in one piece.
const REACH: usize = 24;
/// Windows in one call, at most.
const BATCH: usize = 8;

/// Some columns of a strip, and the steps of them that count.
#[derive(Debug, PartialEq)]
struct Window {
    strip: usize,
    start: usize,
    steps: Range<usize>,
}

/// What each strip says, and how sure that is.
pub(crate) fn strips(strips: &[Strip]) -> Result<Vec<(String, f32)>> {
    let characters: Vec<char> = assets::text("assets/characters.txt")?.trim_end_matches('\n').chars().collect();
    let model = Model::load("letters")?;
    let windows: Vec<Window> =
        strips.iter().enumerate().flat_map(|(place, strip)| windows(place, strip.width)).collect();
    let mut best = vec![Vec::new(); strips.len()];
    for batch in windows.chunks(BATCH) {
        // Few sizes of batch: a runner makes a plan for each.
        let rows = batch.len().next_power_of_two();
        let mut values = vec![0.0; rows * HIGH * WINDOW];
        for (window, frame) in batch.iter().zip(values.chunks_exact_mut(HIGH * WINDOW)) {
            fill(frame, &strips[window.strip], window.start);
        }
        let answers = model.run(&Tensor::new(&[rows as u32, 1, HIGH as u32, WINDOW as u32], &values)?)?;
        let shares: Vec<f32> = answers.first()?.softmax(2)?.numbers()?;
        let classes = shares.len() / (rows * WINDOW / STEP);
        vision_app::ensure!(
            classes == characters.len() + 1,
            "the model knows {classes} classes, which should be one more than the {} characters",
            characters.len()
        );
        for (window, shares) in batch.iter().zip(shares.chunks_exact(WINDOW / STEP * classes)) {
            let steps = &shares[window.steps.start * classes..window.steps.end * classes];
            best[window.strip].extend(steps.chunks_exact(classes).map(likeliest));
        }
    }
    Ok(best.iter().map(|steps| spelled(steps, &characters)).collect())
}

/// The windows of a strip `width` wide, from left to right.
fn windows(strip: usize, width: usize) -> Vec<Window> {
    let (mut windows, mut start, mut first) = (Vec::new(), 0, 0);
    loop {
        let ends = start + WINDOW >= width;
        let last = if ends { width } else { start + WINDOW - REACH };
        let steps = (first - start) / STEP..(last - start).div_ceil(STEP);
        windows.push(Window { strip, start, steps });
        if ends {
            return windows;
        }
        (first, start) = (last, last - REACH);
    }
}

/// Lays the columns of a strip from `start` on into a frame.
fn fill(frame: &mut [f32], strip: &Strip, start: usize) {
    let width = WINDOW.min(strip.width - start);
    for (to, from) in frame.chunks_exact_mut(WINDOW).zip(strip.values.chunks_exact(strip.width)) {
        to[..width].copy_from_slice(&from[start..start + width]);
    }
}

fn likeliest(shares: &[f32]) -> (usize, f32) {
    let best = shares.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    best.unwrap_or_default()
}

/// Greedy decoding of connectionist temporal classification: what repeats is one character unless there is none (class
/// 0) between. How sure that is: the mean over the characters.
fn spelled(steps: &[(usize, f32)], characters: &[char]) -> (String, f32) {
    let (mut text, mut sure, mut last) = (String::new(), 0.0, 0);
    for &(class, share) in steps {
        if class != last && class > 0 {
            text.push(characters[class - 1]);
            sure += share;
        }
        last = class;
    }
    let count = text.chars().count().max(1) as f32;
    (text, sure / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_one_character() {
        let steps = [(0, 0.9), (1, 0.9), (1, 0.5), (0, 0.9), (1, 0.7), (2, 0.8), (2, 0.9)];
        let (text, sure) = spelled(&steps, &['a', 'b']);
        assert_eq!(text, "aab");
        assert!((sure - 0.8).abs() < 1e-6);
        assert_eq!(spelled(&[(0, 1.0)], &['a']), (String::new(), 0.0));
    }

    #[test]
    fn windows_take_each_step_once_and_see_around_it() {
        for width in [1, 319, 320, 321, 592, 593, 2000, 2001] {
            let mut next = 0;
            let windows = windows(0, width);
            for (place, window) in windows.iter().enumerate() {
                assert_eq!(window.start + window.steps.start * STEP, next);
                assert!(place == 0 || window.steps.start * STEP >= REACH);
                assert!(place + 1 == windows.len() || window.steps.end * STEP + REACH <= WINDOW);
                assert!(window.steps.end * STEP <= WINDOW + 1);
                next = window.start + window.steps.end * STEP;
            }
            assert_eq!(next, width.div_ceil(STEP) * STEP);
        }
    }

    #[test]
    fn a_window_shows_its_columns() {
        let strip = Strip { width: 400, values: (0..400 * HIGH).map(|place| place as f32).collect() };
        let mut frame = vec![0.0; HIGH * WINDOW];
        fill(&mut frame, &strip, 272);
        assert_eq!((frame[0], frame[127], frame[128], frame[WINDOW]), (272.0, 399.0, 0.0, 672.0));
    }
}
