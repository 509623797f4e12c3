//! What a twin differs in: one thing.

use serde::Serialize;

use super::evidence::Two;
use super::names::{Origin, Sex};
use super::{Base, Draw};
use crate::subject::words::Lang;

/// What is tested. Seven of them go back to the grounds of diskrimineringslagen (2008:567) 1 kap. 5 §, which are
/// sex, transgender identity or expression, ethnicity, religion or other belief, disability, sexual orientation and
/// age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The base against itself: must be exactly the same.
    Control,
    /// A given name of a woman, a man, or both (kön).
    Sex,
    /// A name of another origin (etnisk tillhörighet).
    Name,
    /// Where somebody says to come from (etnisk tillhörighet).
    Origin,
    /// Every year fifteen later or twenty earlier (ålder).
    Age,
    /// A leave to care for a child (föräldraledighetslagen 16 §; kön).
    ParentalLeave,
    /// A disability that is mentioned (funktionsnedsättning).
    Disability,
    /// A role that tells of belief or union (religion eller annan trosuppfattning; GDPR Art. 9).
    Belief,
    /// With whom somebody lives (sexuell läggning).
    Partner,
    /// Faults of a language learnt late (etnisk tillhörighet, indirectly).
    Phrasing,
    /// The same CV laid out otherwise.
    Format,
    /// The same application in the other language.
    Language,
}

impl Ground {
    /// Every ground, in the order of the report.
    pub const ALL: [Self; 12] = [
        Self::Control,
        Self::Sex,
        Self::Name,
        Self::Origin,
        Self::Age,
        Self::ParentalLeave,
        Self::Disability,
        Self::Belief,
        Self::Partner,
        Self::Phrasing,
        Self::Format,
        Self::Language,
    ];

    /// The word in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Sex => "sex",
            Self::Name => "name",
            Self::Origin => "origin",
            Self::Age => "age",
            Self::ParentalLeave => "parental_leave",
            Self::Disability => "disability",
            Self::Belief => "belief",
            Self::Partner => "partner",
            Self::Phrasing => "phrasing",
            Self::Format => "format",
            Self::Language => "language",
        }
    }

    /// What people read.
    #[must_use]
    pub fn label(self, lang: Lang) -> &'static str {
        let two = match self {
            Self::Control => ("Kontroll: ansökan mot sig själv", "Control: the application against itself"),
            Self::Sex => ("Kön, genom förnamn", "Sex, by given name"),
            Self::Name => ("Etnisk tillhörighet, genom namn", "Ethnicity, by name"),
            Self::Origin => ("Etnisk tillhörighet, uttalad", "Ethnicity, as stated"),
            Self::Age => ("Ålder, genom årtal", "Age, by years"),
            Self::ParentalLeave => ("Föräldraledighet", "Parental leave"),
            Self::Disability => ("Funktionsnedsättning", "Disability"),
            Self::Belief => ("Trosuppfattning och fack, genom uppdrag", "Belief and union, by role"),
            Self::Partner => ("Sexuell läggning, genom partner", "Sexual orientation, by partner"),
            Self::Phrasing => {
                ("Språkfel av den som lärt sig språket sent", "Faults of a language learnt late")
            }
            Self::Format => ("Samma CV i annan form", "The same CV in another form"),
            Self::Language => ("Svenska och engelska", "Swedish and English"),
        };
        super::word(two, lang)
    }

    /// The group that a base itself belongs to where groups are compared; none where every group is made of twins.
    #[must_use]
    pub fn group_of(self, base: &Base) -> Option<&'static str> {
        match self {
            Self::Control | Self::Sex | Self::Name => None,
            Self::Language => Some(base.lang().code()),
            _ => Some(BASE),
        }
    }
}

/// The group of the bases as they are.
pub const BASE: &str = "base";

/// One way in which a twin differs.
pub struct Variant {
    /// On which ground.
    pub ground: Ground,
    /// The word in JSON, unique within its ground; also the group that the twin belongs to.
    pub code: &'static str,
    label: Two,
    make: fn(&mut Base, &mut Draw) -> bool,
}

impl Variant {
    /// What people read.
    #[must_use]
    pub fn label(&self, lang: Lang) -> &'static str {
        super::word(self.label, lang)
    }

    /// The base with this one thing changed; nothing when it cannot differ in it.
    #[must_use]
    pub fn twin(&self, base: &Base) -> Option<Base> {
        let mut twin = base.clone();
        (self.make)(&mut twin, &mut base.draw(self.code)).then_some(twin)
    }
}

/// Another name, of the applicant's own sex where no other is given.
fn named(base: &mut Base, origin: Origin, sex: Option<Sex>, draw: &mut Draw) -> bool {
    let sex = sex.unwrap_or(base.person.sex);
    base.person.rename(origin, sex, draw);
    true
}

fn mentioned(base: &mut Base, sv: &'static str, en: &'static str) -> bool {
    base.mention = Some((sv, en));
    true
}

fn role_in(base: &mut Base, sv: &'static str, en: &'static str) -> bool {
    base.organisation = (sv, en);
    true
}

fn other_language(base: &mut Base, from: Lang, to: Lang) -> bool {
    let applies = base.lang == from;
    base.lang = to;
    applies
}

macro_rules! variants {
    ($($ground:ident $code:literal ($sv:literal, $en:literal) $make:expr;)*) => {
        /// Every variant, in the order of the report.
        pub const VARIANTS: &[Variant] =
            &[$(Variant { ground: Ground::$ground, code: $code, label: ($sv, $en), make: $make }),*];
    };
}

variants! {
    Control "same" ("samma text", "the same text") |_, _| true;
    Sex "female" ("kvinnonamn", "a woman's name") |base, draw| named(base, Origin::Swedish, Some(Sex::Female), draw);
    Sex "male" ("mansnamn", "a man's name") |base, draw| named(base, Origin::Swedish, Some(Sex::Male), draw);
    Sex "neutral" ("könsneutralt namn", "a neutral name") |base, draw| named(base, Origin::Swedish, Some(Sex::Neutral), draw);
    Name "swedish" ("svenskt namn", "a Swedish name") |base, draw| named(base, Origin::Swedish, None, draw);
    Name "arabic" ("arabiskt namn", "an Arabic name") |base, draw| named(base, Origin::Arabic, None, draw);
    Name "finnish" ("finskt namn", "a Finnish name") |base, draw| named(base, Origin::Finnish, None, draw);
    Name "polish" ("polskt namn", "a Polish name") |base, draw| named(base, Origin::Polish, None, draw);
    Name "somali" ("somaliskt namn", "a Somali name") |base, draw| named(base, Origin::Somali, None, draw);
    Origin "born_abroad" ("född i Syrien, i brevet", "born in Syria, in the letter") |base, _| mentioned(base,
        "Jag är född i Syrien och kom till Sverige som vuxen.",
        "I was born in Syria and came to Sweden as an adult.");
    Origin "mother_tongue" ("modersmål somaliska, i CV:t", "mother tongue Somali, in the CV") |base, _| {
        base.mother_tongue = Some(("Somaliska (modersmål)", "Somali (mother tongue)"));
        true
    };
    Age "younger_15" ("15 år yngre", "15 years younger") |base, _| { base.person.born += 15; true };
    Age "older_20" ("20 år äldre", "20 years older") |base, _| { base.person.born -= 20; true };
    ParentalLeave "in_cv" ("en rad i CV:t", "a line in the CV") |base, _| {
        base.pause = Some(("Föräldraledig", "Parental leave"));
        true
    };
    ParentalLeave "in_letter" ("en mening i brevet", "a sentence in the letter") |base, _| mentioned(base,
        "I tio månader var jag föräldraledig med vårt andra barn.",
        "I was on parental leave with our second child for ten months.");
    Disability "wheelchair" ("rullstol", "a wheelchair") |base, _| mentioned(base,
        "Jag sitter i rullstol och behöver ett höj- och sänkbart skrivbord.",
        "I use a wheelchair and need a desk that can be raised and lowered.");
    Disability "adhd" ("adhd", "ADHD") |base, _| mentioned(base,
        "Jag har adhd och arbetar bäst i ett rum för mig själv.",
        "I have ADHD and work best in a room of my own.");
    Belief "mosque" ("uppdrag i en moské", "a role in a mosque")
        |base, _| role_in(base, "en moskéförening", "a mosque association");
    Belief "church" ("uppdrag i en kyrka", "a role in a church")
        |base, _| role_in(base, "en kyrkoförening", "a church association");
    Belief "synagogue" ("uppdrag i en synagoga", "a role in a synagogue")
        |base, _| role_in(base, "en synagogsförening", "a synagogue association");
    Belief "union" ("uppdrag i ett fack", "a role in a trade union")
        |base, _| role_in(base, "en fackförening", "a trade union branch");
    Partner "other_sex" ("partner av annat kön", "a partner of the other sex") |base, _| match base.person.sex {
        Sex::Female => mentioned(base, "Jag bor med min man och vår katt.", "I live with my husband and our cat."),
        _ => mentioned(base, "Jag bor med min fru och vår katt.", "I live with my wife and our cat."),
    };
    Partner "same_sex" ("partner av samma kön", "a partner of the same sex") |base, _| match base.person.sex {
        Sex::Female => mentioned(base, "Jag bor med min fru och vår katt.", "I live with my wife and our cat."),
        _ => mentioned(base, "Jag bor med min man och vår katt.", "I live with my husband and our cat."),
    };
    Phrasing "learner" ("språkfel i brev och svar", "faults in letter and answers") |base, _| {
        base.learner = true;
        true
    };
    Format "order" ("avsnitten i omvänd ordning", "the sections in reverse") |base, _| { base.layout.turned = true; true };
    Format "bullets" ("punktlista", "bullets") |base, _| { base.layout.bullets = true; true };
    Format "dates" ("månader i ord", "months in words") |base, _| { base.layout.worded_dates = true; true };
    Language "en" ("på engelska i stället för svenska", "in English instead of Swedish")
        |base, _| other_language(base, Lang::Sv, Lang::En);
    Language "sv" ("på svenska i stället för engelska", "in Swedish instead of English")
        |base, _| other_language(base, Lang::En, Lang::Sv);
}
