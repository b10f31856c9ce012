//! How much an example that is tuned does: its one argument.

use std::env;

/// The number that the command line says, or `usual`; `what` it counts stands in the message if it is none.
///
/// # Errors
///
/// What is wrong with the command line, in words for whoever wrote it.
pub fn amount(what: &str, usual: u64) -> Result<u64, String> {
    read(env::args().skip(1), what, usual)
}

fn read(
    mut arguments: impl Iterator<Item = String>,
    what: &str,
    usual: u64,
) -> Result<u64, String> {
    let Some(text) = arguments.next() else {
        return Ok(usual);
    };
    let mend = format!("write the number of {what}, or nothing for {usual}");
    match (text.parse(), arguments.next()) {
        (Ok(number), None) => Ok(number),
        (Ok(_), Some(more)) => Err(format!("{more:?} is one argument too many; {mend}")),
        (Err(error), _) => Err(format!("{text:?}: {error}; {mend}")),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn amount(arguments: &[&str]) -> Result<u64, String> {
        read(arguments.iter().map(|text| (*text).to_owned()), "rows", 7)
    }

    #[test]
    fn one_number_or_none() {
        assert_eq!(amount(&[]), Ok(7));
        assert_eq!(amount(&["12"]), Ok(12));
    }

    #[test]
    fn what_is_wrong_is_named_with_the_mend() {
        for (arguments, value) in [
            (&["many"][..], "\"many\": "),
            (&["-1"], "\"-1\": "),
            (&["1", "2"], "\"2\" is one"),
        ] {
            let message = amount(arguments).expect_err("it is no number");
            assert!(message.starts_with(value), "{message}");
            assert!(message.ends_with("write the number of rows, or nothing for 7"));
        }
    }
}
