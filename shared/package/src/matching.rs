//! Comparing a result with what an example expects.

use serde_json::Value;

/// Whether `actual` is what `expected` says. Of an object only the expected keys are looked at, of a list only as
/// many elements as are expected, and numbers may differ by `tolerance`.
///
/// # Errors
/// The place of the first difference, and both values.
pub fn matches(expected: &Value, actual: &Value, tolerance: f64) -> Result<(), String> {
    compare(expected, actual, tolerance, &mut String::new())
}

fn compare(expected: &Value, actual: &Value, tolerance: f64, path: &mut String) -> Result<(), String> {
    let length = path.len();
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, expected) in expected {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                let Some(actual) = actual.get(key) else {
                    return Err(format!("{path}: expected {}, found nothing", shown(expected)));
                };
                compare(expected, actual, tolerance, path)?;
                path.truncate(length);
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(actual)) => {
            for (index, expected) in expected.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                let Some(actual) = actual.get(index) else {
                    return Err(format!("{path}: expected {}, found nothing", shown(expected)));
                };
                compare(expected, actual, tolerance, path)?;
                path.truncate(length);
            }
            Ok(())
        }
        (Value::Number(e), Value::Number(a)) => {
            let (e, a) = (e.as_f64().unwrap_or(f64::NAN), a.as_f64().unwrap_or(f64::NAN));
            // Room for the rounding of decimal fractions: 0.85 may be 0.02 off 0.83.
            let slack = 1e-9 * e.abs().max(1.0);
            if (e - a).abs() <= tolerance + slack {
                return Ok(());
            }
            Err(format!("{}expected {expected} within {tolerance}, found {actual}", prefix(path)))
        }
        (expected, actual) if expected == actual => Ok(()),
        (expected, actual) => Err(format!("{}expected {}, found {}", prefix(path), shown(expected), shown(actual))),
    }
}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
