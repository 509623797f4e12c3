//! Tells whether a text is Swedish, English or something else, so that no model scores a language
//! it was not trained on.
//!
//! It prefers "cannot be told" to a guess: such a text is shown to a person. It never changes a
//! text and never looks at who wrote it.

use whatlang::{Lang, Script};

use crate::subject::words::Written;

/// Fewer words than this say too little about their language.
const FEWEST_WORDS: usize = 4;
/// Two languages with at least this many small words each make a text mixed.
const MIXED_FROM: usize = 3;

/// Small words of Swedish that are no words of English. Danish and Norwegian share many.
const SWEDISH: &[&str] = &[
    "och", "att", "det", "som", "jag", "på", "är", "med", "för", "av", "en", "ett", "har", "inte", "om",
    "från", "vid", "mig", "mina", "mitt", "vi", "kan", "ska", "skulle", "eller", "också", "när", "mycket",
    "efter", "inom", "hos", "där", "vill", "sedan", "till",
];
/// Small words of English that are no words of Swedish, Danish or Norwegian; so not `i`, `in`, `it`,
/// `to`, `for`, `by`, `at`, `have` and their like.
const ENGLISH: &[&str] = &[
    "the", "and", "of", "with", "that", "is", "my", "was", "this", "from", "which", "been", "their", "would",
    "when", "they", "were", "you", "also", "your", "who", "will", "are", "we", "not", "because", "our", "me",
];
/// Letters that Swedish does not have and its neighbours do.
const DANISH_OR_NORWEGIAN: &[char] = &['æ', 'ø', 'Æ', 'Ø'];
/// Letters that Swedish has and Danish and Norwegian do not.
const NOT_DANISH_OR_NORWEGIAN: &[char] = &['ä', 'ö', 'Ä', 'Ö'];

/// The language a text is written in. Meant for a whole answer or paragraph; a heading or a list of
/// words is usually [`Written::Unknown`].
#[must_use]
pub fn written(text: &str) -> Written {
    use unicode_normalization::UnicodeNormalization;
    // With letters composed, `å` is one letter however it was typed.
    let text: String = text.nfc().collect();
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphabetic() && c != '\'' && c != '’')
        .filter(|word| word.chars().any(char::is_alphabetic))
        .map(str::to_lowercase)
        .collect();
    let Some(guess) = whatlang::detect(&text) else { return Written::Unknown };
    if !matches!(guess.script(), Script::Latin) {
        // Few letters of another alphabet, or signs alone, are a name or a quotation.
        return if words.len() >= FEWEST_WORDS || guess.is_reliable() {
            Written::Other
        } else {
            Written::Unknown
        };
    }
    if words.len() < FEWEST_WORDS {
        return Written::Unknown;
    }

    let count = |list: &[&str]| words.iter().filter(|word| list.contains(&word.as_str())).count();
    let (swedish, english) = (count(SWEDISH), count(ENGLISH));
    if swedish.min(english) >= MIXED_FROM && swedish.max(english) < 3 * swedish.min(english) {
        return Written::Unknown;
    }
    let letters = |set: &[char]| text.chars().filter(|c| set.contains(c)).count();
    let (foreign, own) = (letters(DANISH_OR_NORWEGIAN), letters(NOT_DANISH_OR_NORWEGIAN));
    // A guess counts when the statistics of letters are sure, or when small words bear it out.
    let sure = |own: usize, other: usize| guess.is_reliable() || (own >= 2 && own >= 3 * other);
    match guess.lang() {
        Lang::Eng if sure(english, swedish) => Written::En,
        // The three are so alike that the guess among them is weak; their letters are not.
        Lang::Swe | Lang::Dan | Lang::Nob if foreign > own => Written::Other,
        Lang::Swe if sure(swedish, english) => Written::Sv,
        Lang::Dan | Lang::Nob if own > 0 && sure(swedish, english) => Written::Sv,
        Lang::Swe | Lang::Dan | Lang::Nob | Lang::Eng => Written::Unknown,
        // An unsure guess at a rarer language is overruled by clear small words.
        _ if !guess.is_reliable() && english >= 3 && english >= 3 * swedish => Written::En,
        _ if !guess.is_reliable() && swedish >= 3 && swedish >= 3 * english && own > 0 => Written::Sv,
        _ if guess.is_reliable() => Written::Other,
        _ => Written::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swedish_with_its_letters_is_swedish() {
        for text in [
            "Jag har lett en grupp på fem personer inom hemtjänsten i två år och trivdes mycket bra.",
            "Under min utbildning läste jag förvaltningsrätt och skrev uppsats om upphandling i mindre kommuner.",
            "Jag är van att arbeta självständigt, men tycker bäst om att lösa problem tillsammans med andra.",
            "Åsa ägnade hösten åt översättning av länsstyrelsens författningar.",
            // Letters typed in two parts.
            "Jag o\u{308}nskar arbeta med upphandling da\u{308}rfo\u{308}r att det a\u{308}r viktigt fo\u{308}r kommunen.",
            // Few of the letters.
            "Jag vill arbeta med upphandling och har läst juridik vid universitetet.",
        ] {
            assert_eq!(written(text), Written::Sv, "{text}");
        }
    }

    #[test]
    fn english_is_english() {
        for text in [
            "I have led a team of five people in a home-care unit for two years.",
            "My thesis was about public procurement in small municipalities.",
            "I enjoy working with people and solving problems together with my colleagues.",
            "During my studies I worked as a shop assistant in Västerås and learned to stay calm under pressure.",
        ] {
            assert_eq!(written(text), Written::En, "{text}");
        }
    }

    #[test]
    fn other_languages_are_other() {
        for text in [
            "لدي خبرة في العمل مع البلديات منذ ثلاث سنوات.",
            "Mam trzyletnie doświadczenie w pracy w administracji publicznej i lubię pracować z ludźmi.",
            "Ich habe zwei Jahre lang eine Gruppe von fünf Personen in der häuslichen Pflege geleitet.",
            "Minulla on kolmen vuoden kokemus kunnallishallinnosta ja pidän ihmisten kanssa työskentelystä.",
            "Jeg har ledet en gruppe på fem personer i hjemmeplejen i to år og vil gerne lære mere om offentlige indkøb.",
            "Jeg ønsker å arbeide med offentlige anskaffelser fordi jeg synes det er viktig for kommunen å bruke pengene godt.",
            "Я три года работала в муниципалитете и люблю работать с людьми.",
            "Belediyede üç yıl çalıştım ve insanlarla çalışmayı çok seviyorum.",
        ] {
            assert_eq!(written(text), Written::Other, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for text in ["", " ", "\u{200f}", "12345", "!?", "C++ SQL", "😀😀😀", "Excel", "a", "\u{0}\u{7}"]
        {
            assert_eq!(written(text), Written::Unknown, "{text:?}");
        }
        let fragment = written("Upphandling, Körkort B");
        assert!(matches!(fragment, Written::Unknown | Written::Sv), "{fragment:?}");
    }

    #[test]
    fn half_swedish_half_english_is_not_scored_as_either() {
        let text = "Jag har arbetat med upphandling i två år och det var mycket roligt för mig. \
                    I have worked with the procurement of food for schools and that was a lot of fun.";
        assert_eq!(written(text), Written::Unknown);
    }
}
