//! Finding the operator and node that an error of ONNX Runtime is about.

use vision_runner::engine::EngineError;

/// Letters of a message that reach the author.
const LONGEST: usize = 400;

/// The error in words for the author of the model.
pub(super) fn explain<R>(error: &ort::Error<R>) -> EngineError {
    explain_words(&error.to_string())
}

fn explain_words(words: &str) -> EngineError {
    let (operator, node) = subject(words);
    let mut message: String = essence(words).chars().take(LONGEST).collect();
    if message.contains("is smaller than requested bytes") {
        message += "; --gpu-memory-mib bounds what a worker takes";
    }
    EngineError { operator, node, ..EngineError::new(message) }
}

/// Operator and node, in the phrases that ONNX Runtime has for them.
fn subject(words: &str) -> (Option<String>, Option<String>) {
    let owned = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    if let Some((node, rest)) = words.split_once("In Node, (\"").and_then(|(_, rest)| rest.split_once("\", ")) {
        let mut parts = rest.split(", ");
        let operator = parts.next().unwrap_or_default();
        let domain = parts.next().unwrap_or_default().trim_matches('"');
        let operator = if domain.is_empty() { operator.to_owned() } else { format!("{domain}.{operator}") };
        return (Some(operator), owned(node));
    }
    for (before_operator, after_operator, before_node, after_node) in [
        ("Could not find an implementation for ", "(", "node with name '", "'"),
        ("while running ", " node.", "Name:'", "'"),
        ("of operator (", ")", "in node (", ")"),
        ("of Optype (", ")", "in node (", ")"),
        (" Op (", ")", "Node (", ")"),
    ] {
        let operator = between(words, before_operator, after_operator);
        let node = between(words, before_node, after_node);
        if let (Some(operator), Some(node)) = (operator, node) {
            return (owned(operator), owned(node));
        }
    }
    (None, None)
}

/// What remains without places in ONNX Runtime's source and without what operator and node already say.
fn essence(words: &str) -> &str {
    let line = words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("ONNX Runtime did not say why");
    let mut rest = line;
    for before in ["Status Message: ", " was false. ", " Error: ", ", Error ", " : FAIL : ", " : EP_FAIL : "] {
        rest = rest.rsplit_once(before).map_or(rest, |(_, after)| after);
    }
    if rest.trim().is_empty() { line } else { rest.trim() }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_and_node_are_found() {
        for (words, operator, node, message) in [
            (
                r#"This is an invalid model. In Node, ("n1", Nope, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for Nope with domain_version of 13"#,
                "Nope",
                "n1",
                "No Op registered for Nope with domain_version of 13",
            ),
            (
                r#"This is an invalid model. In Node, ("n1", Nope, "my.dom", -1) : () -> () , Error No opset import for domain 'my.dom'"#,
                "my.dom.Nope",
                "n1",
                "No opset import for domain 'my.dom'",
            ),
            (
                "Could not find an implementation for Crop(1) node with name 'crop_3'",
                "Crop",
                "crop_3",
                "Could not find an implementation for Crop(1) node with name 'crop_3'",
            ),
            (
                "Non-zero status code returned while running Reshape node. Name:'resh' Status Message: \
                 /src/reshape_helper.h:91 f(const Shape&) a == b was false. The input tensor cannot be reshaped to the \
                 requested shape. Input shape:{2}, requested shape:{3}\n",
                "Reshape",
                "resh",
                "The input tensor cannot be reshaped to the requested shape. Input shape:{2}, requested shape:{3}",
            ),
            (
                "Type Error: Type 'tensor(int64)' of input parameter (x) of operator (Relu) in node (r) is invalid.",
                "Relu",
                "r",
                "Type 'tensor(int64)' of input parameter (x) of operator (Relu) in node (r) is invalid.",
            ),
        ] {
            let error = explain_words(words);
            assert_eq!((error.operator.as_deref(), error.node.as_deref()), (Some(operator), Some(node)), "{words}");
            assert_eq!(error.message, message);
        }
    }

    #[test]
    fn places_in_the_source_go() {
        let words = "/src/provider_bridge_ort.cc:2043 Provider& Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load \
                     library x.so with error: libcuda.so.1: cannot open shared object file";
        let message = explain_words(words).message;
        assert_eq!(message, "Failed to load library x.so with error: libcuda.so.1: cannot open shared object file");
    }

    #[test]
    fn other_words_stay() {
        assert_eq!(
            explain_words("This is an invalid model. Error: the graph is not acyclic.").message,
            "the graph is not acyclic."
        );
        assert_eq!(explain_words(" \n").message, "ONNX Runtime did not say why");
        assert_eq!(explain_words("Status Message: ").message, "Status Message:");
        assert!(explain_words(&"é".repeat(1_000)).message.chars().count() == LONGEST);
    }
}
