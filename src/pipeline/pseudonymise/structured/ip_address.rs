//! The addresses of machines: IPv4, IPv6 and MAC. `version 10.4.2.1` is none.

use core::net::Ipv6Addr;

use super::label::{Labels, kind as label};
use super::marks::Marks;
use super::near;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

/// No address of a machine is longer.
const LONGEST: usize = 60;

/// Finds the addresses of machines in a text.
pub(super) fn ip_addresses(text: &str, marks: &Marks, found: &mut Vec<Found>) {
    let mut push = |start: usize, end: usize| {
        let value = text.get(start..end).unwrap_or_default().to_lowercase();
        found.push(Found::other(start, end, SpanCategory::Link, rule::IP_ADDRESS, &value));
    };
    let mut after = 0;
    for (index, (start, _)) in marks.groups.iter().enumerate() {
        if *start >= after
            && let Some(end) = four_numbers(text, marks, index)
        {
            push(*start, end);
            after = end;
        }
    }
    let mut after = 0;
    for at in marks.colons.iter().copied().chain(mac_dashes(text, marks)) {
        if at < after {
            continue;
        }
        if let Some((start, end)) = hexadecimal(text, at) {
            push(start, end);
            after = end;
        }
    }
}

/// Four numbers under 256 with a point between: where the last one ends, with its port and its net.
fn four_numbers(text: &str, marks: &Marks, index: usize) -> Option<usize> {
    let groups = marks.groups.get(index..index + 4)?;
    let (first, last) = (groups.first()?, groups.last()?);
    let point = |pair: &[(usize, usize)]| {
        let gap = pair.first().zip(pair.last()).and_then(|(left, right)| text.get(left.1..right.0));
        gap.is_some_and(|gap| {
            matches!(
                gap,
                "." | "[.]" | "(.)" | " . " | "{.}" | "[dot]" | "(dot)" | "(punkt)" | "[punkt]" | "·"
            )
        })
    };
    // By length first: most groups of digits are none.
    if last.1 - first.0 > LONGEST || !groups.windows(2).all(point) {
        return None;
    }
    // A telephone number has zeros in front: `070.174.06.06`.
    let byte = |(start, end): &(usize, usize)| {
        let digits = text.get(*start..*end)?;
        if digits.len() > 1 && digits.starts_with('0') { None } else { digits.parse::<u8>().ok() }
    };
    let bytes = groups.iter().map(byte).collect::<Option<Vec<u8>>>()?;
    let before = near::before(text, first.0);
    let head = text.get(..first.0)?;
    let inside = before == Some('.') && head.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit())
        || matches!(before, Some('-' | '_' | '+'));
    let rest = text.get(last.1..)?;
    let goes_on = rest.starts_with(|c: char| c.is_alphabetic())
        || rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let version = matches!(before, Some('v' | 'V')) || Labels::before(text, first.0).has(label::VERSION);
    // `1.2.3.4 Metod` is the heading of a section, `10.11.12.13` a list of days.
    let heading = (head.is_empty() || head.ends_with('\n'))
        && bytes.iter().all(|byte| *byte < 20)
        && rest.trim_start_matches('.').starts_with(' ');
    if inside || goes_on || version || heading {
        return None;
    }
    let mut end = last.1;
    for sign in [':', '/'] {
        let digits = text
            .get(end..)?
            .strip_prefix(sign)
            .map(|rest| rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        end += digits.filter(|length| (1..=5).contains(length)).map_or(0, |length| length + 1);
    }
    Some(end)
}

/// Dashes between two digits or letters of a number in base 16, of which there are five in a MAC address.
fn mac_dashes<'t>(text: &'t str, marks: &'t Marks) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    marks.groups.iter().filter_map(move |(start, end)| {
        let dash = |at: Option<usize>| at.filter(|at| bytes.get(*at) == Some(&b'-'));
        dash(start.checked_sub(1)).or_else(|| dash(Some(*end))).filter(|at| {
            let pair = at
                .checked_sub(3)
                .and_then(|at| bytes.get(at))
                .is_none_or(|byte| !byte.is_ascii_alphanumeric());
            let next = bytes.get(at + 3).is_none_or(|byte| !byte.is_ascii_alphanumeric());
            pair && next
        })
    })
}

/// An IPv6 or MAC address around one of its colons or dashes.
fn hexadecimal(text: &str, at: usize) -> Option<(usize, usize)> {
    let sign = near::after(text, at).filter(|c| matches!(c, ':' | '-'))?;
    let part = |c: char| c.is_ascii_hexdigit() || c == sign || sign == ':' && c == '.';
    let before = text.get(..at)?.chars().rev().take(LONGEST).take_while(|c| part(*c)).count();
    let after = text.get(at..)?.chars().take(LONGEST).take_while(|c| part(*c)).count();
    let (mut start, end) = (at - before, at + after);
    if sign == ':' {
        // A label directly before: `IP:fe80::1`.
        start +=
            usize::from(text.get(start..end)?.starts_with(':') && !text.get(start..end)?.starts_with("::"));
    }
    let token = text.get(start..end)?;
    let trimmed = if token.ends_with("::") { token } else { token.trim_end_matches([':', '.', '-']) };
    let end = start + trimmed.len();
    if !near::opens(text, start) || !near::closes(text, end) {
        return None;
    }
    let pairs: Vec<&str> = trimmed.split(sign).collect();
    let mac = pairs.len() == 6 && pairs.iter().all(|pair| pair.len() == 2);
    if mac {
        let lettered = trimmed.contains(|c: char| c.is_ascii_alphabetic());
        return (lettered || sign == ':' || Labels::before(text, start).has(label::MACHINE))
            .then_some((start, end));
    }
    let digits = trimmed.contains(|c: char| c.is_ascii_digit());
    if sign != ':' || !digits || trimmed.len() < 6 || trimmed.parse::<Ipv6Addr>().is_err() {
        return None;
    }
    let zone = text.get(end..)?.strip_prefix('%').map_or(0, |rest| {
        1 + rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).len()
    });
    Some((start, end + zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        ip_addresses(text, &Marks::of(text), &mut found);
        found.iter().filter_map(|place| text.get(place.start..place.end)).collect()
    }

    #[test]
    fn addresses_of_machines_are_found_whole() {
        for (text, address) in [
            ("från 192.0.2.17.", "192.0.2.17"),
            ("192.0.2.17:8080/", "192.0.2.17:8080"),
            ("192[.]0[.]2[.]17", "192[.]0[.]2[.]17"),
            ("IP:fe80::1ff:fe23:890a%eth0,", "fe80::1ff:fe23:890a%eth0"),
            ("::ffff:192.0.2.128", "::ffff:192.0.2.128"),
            ("00-00-5e-00-53-af", "00-00-5e-00-53-af"),
        ] {
            let all = found(text);
            assert!(all.contains(&address), "{text}: {all:?}");
        }
    }

    #[test]
    fn versions_headings_clocks_and_code_are_none() {
        for text in [
            "version 10.4.2.1",
            "v1.2.3.4",
            "4.2.1",
            "1.2.3.4 Metod",
            "070.174.06.06",
            "12:30:45",
            "std::net::d1",
            "300.1.2.3",
            "19-90-01-01-98-02",
            "1.2.3.4.5",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_long_row_of_colons_is_read_in_linear_time() {
        let text = "a1:".repeat(100_000);
        assert_eq!(found(&text), [""; 0]);
    }
}
