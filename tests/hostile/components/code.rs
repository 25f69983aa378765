//! Glue whose own code crashes, never ends, or takes too much.

use super::{Case, End, FOREVER, LOG, PLAIN, Parts, case, crashes, exceeds};

pub(super) fn all() -> Vec<Case> {
    let groups = [traps(), starts(), loops(), floods(), words()];
    groups.into_iter().flatten().collect()
}

/// Whatever a processor can refuse, in every function that a host calls.
fn traps() -> Vec<Case> {
    let run = |name, run, words| crashes(name, Parts { run, ..PLAIN }, words);
    vec![
        run("unreachable", "unreachable", &["the app crashed", "unreachable"]),
        run("division by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))", &["crashed", "divide by zero"]),
        run("division that overflows", "(drop (i32.div_s (i32.const -2147483648) (i32.const -1)))", &["overflow"]),
        run(
            "conversion of no number",
            "(drop (i32.trunc_f32_s (f32.const nan)))",
            &["crashed", "conversion to integer"],
        ),
        run("reading outside of memory", "(drop (i32.load (i32.const -8)))", &["crashed", "out of bounds memory"]),
        run(
            "copying outside of memory",
            "(memory.copy (i32.const 0) (i32.const 8) (i32.const -9))",
            &["out of bounds"],
        ),
        crashes(
            "calling through an empty table",
            Parts {
                fields: "(type $t (func)) (table 4 funcref)",
                run: "(call_indirect (type $t) (i32.const 2))",
                ..PLAIN
            },
            &["crashed", "uninitialized element"],
        ),
        crashes(
            "calling through a table of others",
            Parts {
                fields: "(type $t (func)) (table funcref (elem $f)) (func $f (param i64))",
                run: "(call_indirect (type $t) (i32.const 0))",
                ..PLAIN
            },
            &["crashed", "type mismatch"],
        ),
        crashes("crash in cabi_realloc", Parts { realloc: "unreachable", ..PLAIN }, &["crashed", "unreachable"]),
        crashes(
            "memory outside of memory",
            Parts { realloc: "(return (i32.const -64))", ..PLAIN },
            &["the app crashed", "beyond end of memory"],
        ),
        crashes("memory at an odd place", Parts { realloc: "(return (i32.const 65537))", ..PLAIN }, &["not aligned"]),
        crashes(
            "crash after the answer",
            Parts { fields: "(func (export \"cabi_post_run\") (param i32) unreachable)", ..PLAIN },
            &["crashed", "unreachable"],
        ),
    ]
}

/// What cannot even be started.
fn starts() -> Vec<Case> {
    vec![
        case(
            "crash at the start",
            Parts { fields: "(func $start unreachable) (start $start)", ..PLAIN },
            End::Refused(&["app.wasm", "cannot be started", "unreachable"]),
        ),
        case(
            "crash in _initialize",
            Parts { fields: "(func (export \"_initialize\") unreachable)", ..PLAIN },
            End::Refused(&["app.wasm", "cannot be started", "unreachable"]),
        ),
        case(
            "data outside of memory",
            Parts { fields: "(data (i32.const 131070) \"xxxx\")", ..PLAIN },
            End::Refused(&["app.wasm", "cannot be started", "out of bounds"]),
        ),
    ]
}

/// What never ends, in every function that a host calls.
fn loops() -> Vec<Case> {
    const LATE: End = End::Fails(504, "deadline", &["did not end", "deadline"]);
    let deep = "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))";
    let deep = Parts { fields: deep, run: "(drop (call $deep (i32.const 1)))", ..PLAIN };
    vec![
        case("run without end", Parts { run: FOREVER, ..PLAIN }, LATE),
        case("cabi_realloc without end", Parts { realloc: FOREVER, ..PLAIN }, LATE),
        case(
            "end without end",
            Parts { fields: "(func (export \"cabi_post_run\") (param i32) (loop $again (br $again)))", ..PLAIN },
            LATE,
        ),
        case(
            "start without end",
            Parts { fields: "(func $start (loop $again (br $again))) (start $start)", ..PLAIN },
            End::Refused(&["app.wasm", "cannot be started", "did not end"]),
        ),
        crashes("recursion without end", deep, &["called itself too deeply", "deep"]),
    ]
}

/// Memory and tables without end.
fn floods() -> Vec<Case> {
    let grow = "(loop $again (drop (memory.grow (i32.const 16))) (br $again))";
    let table = "(loop $again (drop (table.grow $t (ref.null func) (i32.const 10000))) (br $again))";
    vec![
        exceeds("memory without end", Parts { run: grow, ..PLAIN }, &["needs more than its 64 MiB of memory"]),
        exceeds(
            "a table without end",
            Parts { fields: "(table $t 1 funcref)", run: table, ..PLAIN },
            &["tables need more than 100000 entries"],
        ),
        case(
            "a memory of four gibibytes",
            Parts { memory: "(memory (export \"memory\") 65536)", ..PLAIN },
            End::Refused(&["app.wasm", "memory"]),
        ),
        case(
            "a table of a million",
            Parts { fields: "(table 1000000 funcref)", ..PLAIN },
            End::Refused(&["app.wasm", "table"]),
        ),
    ]
}

/// Lines of log and answers without end.
fn words() -> Vec<Case> {
    let log = "(loop $again (call $log (i32.const 1) (i32.const 1024) (i32.const 1000)) (br $again))";
    let some = "(local $left i32) (local.set $left (i32.const 200000))
        (loop $again (call $log (i32.const 3) (i32.const 0) (i32.const 0))
          (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))";
    // Room for fifty million bytes from 1024 on, filled with x.
    let wide =
        "(drop (memory.grow (i32.const 900))) (memory.fill (i32.const 1024) (i32.const 120) (i32.const 50000000))";
    let line = format!("{wide} (call $log (i32.const 0) (i32.const 1024) (i32.const 50000000))");
    let text =
        format!("{wide} (i32.store (i32.const 96) (i32.const 1024)) (i32.store (i32.const 100) (i32.const 50000000))");
    // Tag 1 (error), pointer 1024, and a length.
    let error = |length: u32| {
        format!(
            "(i32.store (i32.const 64) (i32.const 1)) (i32.store (i32.const 68) (i32.const 1024))
             (i32.store (i32.const 72) (i32.const {length}))"
        )
    };
    let no_text = "(i32.store (i32.const 512) (i32.const -1))
        (call $log (i32.const 0) (i32.const 512) (i32.const 4))";
    vec![
        case(
            "log without end",
            Parts { imports: LOG, run: log, ..PLAIN },
            End::Fails(504, "deadline", &["did not end"]),
        ),
        case("two hundred thousand empty lines", Parts { imports: LOG, run: some, ..PLAIN }, End::Good),
        case("a line of fifty megabytes", Parts { imports: LOG, run: &line, ..PLAIN }, End::Good),
        crashes("a line that is no text", Parts { imports: LOG, run: no_text, ..PLAIN }, &["the app crashed", "utf-8"]),
        crashes(
            "a line outside of memory",
            Parts { imports: LOG, run: "(call $log (i32.const 0) (i32.const -9) (i32.const 4))", ..PLAIN },
            &["the app crashed", "out of bounds"],
        ),
        crashes(
            "a level of nobody",
            Parts { imports: LOG, run: "(call $log (i32.const 77) (i32.const 0) (i32.const 4))", ..PLAIN },
            &["the app crashed"],
        ),
        exceeds("an answer of fifty megabytes", Parts { run: &text, ..PLAIN }, &["results are larger than 32 MiB"]),
        exceeds(
            "an answer of twenty megabytes",
            Parts { run: &text.replace("50000000", "20000000"), ..PLAIN },
            &["the results are too large"],
        ),
        crashes(
            "an error of fifty megabytes",
            Parts { run: &format!("{wide} {}", error(50_000_000)), ..PLAIN },
            &["xxxxx", "…"],
        ),
        crashes(
            "an error with escapes",
            Parts { run: &error(14), fields: r#"(data (i32.const 1024) "a\1b[2J\0aINFO ok")"#, ..PLAIN },
            &["INFO ok"],
        ),
    ]
}
