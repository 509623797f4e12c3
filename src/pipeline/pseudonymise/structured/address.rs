//! Postal addresses: street and house number, box, care of, postcode and town.

use super::{digit_after, digit_before, year_like};
use crate::pipeline::pseudonymise::known::Own;
use crate::pipeline::pseudonymise::normal::folded;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

patterns! {
    STREET = r"(?:\b(?:Norra|Södra|Östra|Västra|Stora|Lilla|Nya|Gamla|Övre|Nedre|Inre|Yttre|Sankt|Sankta|S:t|S:ta|N\.|S\.|Ö\.|V\.)[ ])?\b\p{Lu}[\p{L}\p{M}'’\-]*(?:gatan|gata|vägen|väg|gränden|gränd|stigen|stig|torget|torg|allén|allé|allen|alle|backen|backe|platsen|plats|leden|gården|gård|kroken|slingan|svängen|liden|kajen|kaj|esplanaden|parken|ringen|rundan|dalen|höjden|åsen|hagen|lyckan|ängen|strand|stranden|hamnen|plan|vagen|vag|granden|grand|platan|brinken|brink|torp|kullen|bron|hamngata|boulevarden|gatu)[ ]+[0-9]{1,4}";
    STREET_WORDS = r"\b(?:S:ta? )?\p{Lu}[\p{L}\p{M}'’\-]*(?:[ ](?:S:ta?|\p{Lu}[\p{L}\p{M}'’\-]*)){0,2}[ ](?:gatan|gata|vägen|väg|gränd|stig|torg|allé|backe|plats|plan|esplanad|boulevard)[ ]+[0-9]{1,4}";
    STREET_ENGLISH = r"\b([0-9]{1,4}[A-Za-z]?),?[ ](?:\p{Lu}[\p{L}\p{M}'’.\-]*[ ]){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Close|Way|Terrace|Crescent|Boulevard|Blvd)\b\.?";
    BOX = r"\b(?:P\.? ?O\.? ?)?(?:Box|BOX|Postbox|Postfack)[ ]+[0-9]{1,6}\b";
    CARE_OF = r"(?i)\bc/o[ ]+[^\n,|;]{2,60}";
    BEFORE_POSTCODE = r"(?m)(?:^|[,|;:•][ \t]*)[ \t]*((?:S:ta? )?\p{Lu}[\p{L}\p{M}'’.\-]*(?:[ ](?:S:ta?|av|af|von|\p{Lu}[\p{L}\p{M}'’.\-]*)){0,3}[ ][0-9]{1,4}[ ]?[A-Za-z]?)[ \t]*[,]?[ \t]*\n?[ \t]*(?:SE?-? ?)?[1-9][0-9]{2} ?[0-9]{2}[ ]+\p{Lu}";
    POSTCODE = r"\b(?:(?:SE|S|se|Se)[- ]? ?)?([1-9][0-9]{2} ?[0-9]{2})[ ,]{1,3}(\p{Lu}[\p{L}\p{M}\-]+)";
    SECOND_TOWN_WORD = r"^[ ]\p{Lu}[\p{L}\p{M}\-]+";
    ADDRESS_TAIL = r"^(?:[ ]?[A-Z]\b|[a-z]\b)?(?:,?[ ]?(?:lgh|läg|lägenhet|vån|våning|apt|flat|uppgång|port)\.?[ ]?[0-9A-Z]{1,5}\b|,?[ ][0-9]{1,2}[ ]?(?:tr|tr\.|trappor)(?:\b|$))*";
    HOUSE_NUMBER = r"^[ ]+[0-9]{1,4}\b";
}

pub(super) fn addresses(text: &str, own: &Own, found: &mut Vec<Found>) {
    let mut push = |start: usize, end: usize, rule: &'static str| {
        let end = address_tail(text, end);
        let value = text.get(start..end).map(folded).unwrap_or_default();
        found.push(Found::other(start, end, SpanCategory::Address, rule, &value));
    };
    for pattern in [&STREET, &STREET_WORDS, &BOX, &CARE_OF] {
        for m in pattern.find_iter(text) {
            if !digit_after(text, m.end()) {
                push(m.start(), m.start() + m.as_str().trim_end().len(), rule::STREET);
            }
        }
    }
    for captures in STREET_ENGLISH.captures_iter(text) {
        if let (Some(all), Some(house)) = (captures.get(0), captures.get(1))
            && !year_like(house.as_str())
        {
            push(all.start(), all.end(), rule::STREET);
        }
    }
    for captures in BEFORE_POSTCODE.captures_iter(text) {
        if let Some(street) = captures.get(1) {
            let house = street.as_str().rsplit(' ').next().unwrap_or_default();
            if !year_like(house) {
                push(street.start(), street.end(), rule::STREET);
            }
        }
    }
    let mut towns = Vec::new();
    for captures in POSTCODE.captures_iter(text) {
        let (Some(all), Some(town)) = (captures.get(0), captures.get(2)) else { continue };
        if digit_before(text, all.start()) || is_unit(town.as_str()) {
            continue;
        }
        let rest = text.get(town.start()..).unwrap_or_default();
        let mut end =
            own.starts_with_town(rest).map_or(town.end(), |length| (town.start() + length).max(town.end()));
        let compound = [
            "vastra", "ostra", "norra", "sodra", "stora", "lilla", "nya", "gamla", "upplands", "saint", "new",
        ];
        if end == town.end()
            && compound.contains(&folded(town.as_str()).as_str())
            && let Some(second) = SECOND_TOWN_WORD.find(text.get(end..).unwrap_or_default())
        {
            end += second.end();
        }
        towns.push((all.start(), end));
    }
    for (start, end) in towns {
        let value = text.get(start..end).map(folded).unwrap_or_default();
        found.push(Found::other(start, end, SpanCategory::Address, rule::POSTCODE, &value));
    }
}

fn is_unit(word: &str) -> bool {
    let word = word.to_lowercase();
    word.starts_with("kron")
        || ["sek", "eur", "usd", "gbp", "dkk", "nok", "kr", "euro", "euros", "personer", "people", "invånare"]
            .contains(&word.as_str())
}

/// Where an address ends that was found up to `end`: staircase, flat and floor belong to it.
pub(in crate::pipeline::pseudonymise) fn address_tail(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    end + ADDRESS_TAIL.find(rest).map_or(0, |m| m.end())
}

/// Where the house number after a street name ends.
pub(in crate::pipeline::pseudonymise) fn house_number(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    HOUSE_NUMBER.find(rest).map_or(end, |m| address_tail(text, end + m.end()))
}
