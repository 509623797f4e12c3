//! Invented people: common given and family names put together by chance, with e-mail addresses of the example
//! domains and telephone numbers from the series that the Swedish Post and Telecom Authority keeps for fiction.

use super::draw::Draw;
use crate::pipeline::pseudonymise::folded;

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Swedish,
    Arabic,
    Finnish,
    Polish,
    Somali,
}

/// What a given name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
    Neutral,
}

type Names = [&'static str; 8];

const NEUTRAL: Names = ["Kim", "Robin", "Charlie", "Alex", "Mika", "Sasha", "Noa", "Vanja"];

/// Women's given names, men's, family names.
fn names(origin: Origin) -> [Names; 3] {
    match origin {
        Origin::Swedish => [
            ["Anna", "Karin", "Elsa", "Maja", "Ingrid", "Linnea", "Frida", "Astrid"],
            ["Erik", "Lars", "Oskar", "Nils", "Gustav", "Axel", "Anders", "Johan"],
            ["Lindqvist", "Bergström", "Sandberg", "Nyström", "Holmgren", "Ekström", "Lundin", "Åkesson"],
        ],
        Origin::Arabic => [
            ["Fatima", "Layla", "Noor", "Amina", "Yasmin", "Hanan", "Rania", "Samira"],
            ["Ahmed", "Omar", "Khalid", "Hassan", "Yousef", "Tariq", "Karim", "Mahmoud"],
            ["Haddad", "Al-Masri", "Khoury", "Nasser", "Saleh", "Rahman", "Aziz", "Darwish"],
        ],
        Origin::Finnish => [
            ["Aino", "Kaisa", "Marjatta", "Päivi", "Tuula", "Sanna", "Riikka", "Hilkka"],
            ["Jukka", "Matti", "Pekka", "Timo", "Antti", "Heikki", "Juhani", "Esko"],
            ["Virtanen", "Korhonen", "Mäkinen", "Nieminen", "Hämäläinen", "Laine", "Heikkinen", "Koskela"],
        ],
        Origin::Polish => [
            ["Agnieszka", "Katarzyna", "Magdalena", "Joanna", "Ewa", "Zofia", "Małgorzata", "Beata"],
            ["Piotr", "Krzysztof", "Andrzej", "Tomasz", "Marek", "Paweł", "Wojciech", "Jacek"],
            [
                "Kowalczyk",
                "Wiśniewska",
                "Wójcik",
                "Kamiński",
                "Zieliński",
                "Szymańska",
                "Woźniak",
                "Dąbrowski",
            ],
        ],
        Origin::Somali => [
            ["Hodan", "Ayaan", "Fadumo", "Ifrah", "Sahra", "Hibo", "Nasteexo", "Ubah"],
            ["Abdi", "Mohamud", "Liban", "Abdirahman", "Guled", "Bashir", "Warsame", "Ismail"],
            ["Warsame", "Abdullahi", "Jama", "Farah", "Elmi", "Dualeh", "Hersi", "Guled"],
        ],
    }
}

/// Who the applicant is, and nothing that the applicant did.
#[derive(Clone, Debug)]
pub struct Person {
    pub given: &'static str,
    pub family: &'static str,
    pub sex: Sex,
    pub email: String,
    pub phone: String,
    pub street: String,
    pub postcode: &'static str,
    pub town: &'static str,
    pub born: i16,
}

/// Street, postcode and town; nobody's.
const STREETS: [&str; 8] = [
    "Kvarnbacken",
    "Björkvägen",
    "Lingonvägen",
    "Hamntorget",
    "Norra Vallgatan",
    "Skolgränd",
    "Rosengatan",
    "Ekstigen",
];
const TOWNS: [(&str, &str); 6] = [
    ("252 67", "Helsingborg"),
    ("262 63", "Ängelholm"),
    ("261 31", "Landskrona"),
    ("263 39", "Höganäs"),
    ("264 33", "Klippan"),
    ("269 31", "Båstad"),
];

impl Person {
    /// Somebody with a Swedish name.
    #[must_use]
    pub fn new(sex: Sex, born: i16, draw: &mut Draw) -> Self {
        let (postcode, town) = draw.pick(&TOWNS);
        let mut person = Self {
            given: "",
            family: "",
            sex,
            email: String::new(),
            phone: format!("070-174 06 {:02}", 5 + draw.below(95)),
            street: format!("{} {}", draw.pick(&STREETS), 1 + draw.below(90)),
            postcode,
            town,
            born,
        };
        person.rename(Origin::Swedish, sex, draw);
        person
    }

    /// Another name, and an address that goes with it.
    pub fn rename(&mut self, origin: Origin, sex: Sex, draw: &mut Draw) {
        let [female, male, family] = names(origin);
        let given = match sex {
            Sex::Female => female,
            Sex::Male => male,
            Sex::Neutral => NEUTRAL,
        };
        let before = (self.given, self.family);
        // Another one than before: a twin that is its base would tell nothing.
        for _ in 0..32 {
            self.given = draw.pick(&given);
            self.family = draw.pick(&family);
            if (self.given, self.family) != before && self.given != self.family {
                break;
            }
        }
        self.sex = sex;
        let plain =
            |text: &str| -> String { folded(text).chars().filter(char::is_ascii_alphanumeric).collect() };
        let domain = draw.pick(&["example.com", "example.org", "example.net"]);
        self.email = format!("{}.{}@{domain}", plain(self.given), plain(self.family));
    }

    /// Given and family name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}
