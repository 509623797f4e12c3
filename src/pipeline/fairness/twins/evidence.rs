//! Words from which evidence is put together: by domain, in both languages, and in other words than a profile's
//! anchors. What somebody did is a verb and its object, so that the sentence can begin in more than one way.
//!
//! Every text is invented. A Swedish verb ends at `|`, because Swedish puts the subject behind it when the
//! sentence begins with something else.

/// A text in Swedish and English.
pub type Two = (&'static str, &'static str);

/// One field of what people do, known by stems of the words that a criterion uses of it.
pub struct Domain {
    /// Stems, in lower case, in both languages.
    pub stems: &'static [&'static str],
    /// What somebody without an example finds important.
    pub topic: Two,
    /// What somebody took part in.
    pub took_part: &'static [Two],
    /// What somebody did on his or her own account.
    pub drove: &'static [Two],
    /// What came of it: a whole sentence, with `{n}` for a number.
    pub results: &'static [Two],
}

/// Where it was done.
pub const PLACES: [Two; 14] = [
    ("På ett bibliotek", "At a library"),
    ("På en vårdcentral", "At a health centre"),
    ("I en hyresgästförening", "In a tenants' association"),
    ("På en teknisk förvaltning", "At a technical services office"),
    ("Som timvikarie i ett växelrum", "As a substitute at a switchboard"),
    ("På ett museum", "At a museum"),
    ("Under ett sommarjobb i en hamn", "During a summer job in a harbour"),
    ("På en återvinningscentral", "At a recycling centre"),
    ("I en studentförening", "In a student society"),
    ("På ett äldreboende", "At a home for the elderly"),
    ("I ett bostadsbolag", "At a housing company"),
    ("På ett fritidshem", "At an after-school centre"),
    ("I en matbank", "At a food bank"),
    ("På ett reningsverk", "At a waterworks"),
];

/// How somebody says that something matters without an example; `{}` is the topic.
pub const WEAK: [Two; 5] = [
    ("Jag tycker att {} är viktigt.", "I think that {} matters."),
    ("Jag har alltid varit nyfiken på {}.", "I have always been curious about {}."),
    ("{} ligger mig varmt om hjärtat.", "{} is close to my heart."),
    ("Jag skulle gärna lära mig mer om {}.", "I would be glad to learn more about {}."),
    ("Många säger att jag har öga för {}.", "Many say that I have an eye for {}."),
];

/// When no domain fits a criterion's words.
pub static GENERAL: Domain = Domain {
    stems: &[],
    topic: ("arbete som gör nytta", "work that is of use"),
    took_part: &[
        ("hjälpte|två kollegor med de dagliga ärendena", "helped two colleagues with the daily errands"),
        (
            "följde|en erfaren medarbetare och skötte en del av listan",
            "followed an experienced colleague and took care of a part of the list",
        ),
        ("stod|för en av fyra stationer under ett halvår", "staffed one of four stations for half a year"),
    ],
    drove: &[
        (
            "tog|över ett eftersatt område, skrev en arbetsgång och skötte det själv",
            "took over a neglected area, wrote a routine for it and ran it alone",
        ),
        (
            "satte|upp ett eget upplägg från grunden och skolade in två efterträdare",
            "set up a way of working from scratch and trained two successors",
        ),
        (
            "byggde|upp en verksamhet som inte fanns och höll i den i två år",
            "built up an activity that had not existed and kept it going for two years",
        ),
    ],
    results: &[
        ("Efter {n} månader gick det runt utan mig.", "After {n} months it ran without me."),
        (
            "Antalet ärenden som blev liggande sjönk med {n} procent.",
            "The number of errands left lying fell by {n} per cent.",
        ),
        ("{n} personer använder det än i dag.", "{n} people still use it today."),
    ],
};

/// Every domain.
pub static DOMAINS: [Domain; 11] = [
    Domain {
        stems: &["utbildning", "examen", "högskole", "studie", "education", "degree", "studies", "academic"],
        topic: ("att läsa vidare", "further studies"),
        took_part: &[
            (
                "läste|offentlig rätt och nationalekonomi i tre år och blev klar med alla kurser",
                "read public law and economics for three years and finished every course",
            ),
            (
                "gick|ett program i samhällsplanering med tentor i juridik, geografi och statistik",
                "followed a programme in urban planning with exams in law, geography and statistics",
            ),
            (
                "tog|ut min kandidat i miljövetenskap efter sex terminer",
                "was awarded my bachelor's in environmental science after six terms",
            ),
            (
                "studerade|till ingenjör med inriktning mot vatten och avlopp",
                "studied to be an engineer with a focus on water and sewerage",
            ),
        ],
        drove: &[
            (
                "skrev|mitt examensarbete om hur små kommuner köper in skolmat och fick högsta betyg",
                "wrote my final paper on how small municipalities buy school meals and got the highest grade",
            ),
            (
                "fördjupade|mig i översiktsplaner under en termin och försvarade en avhandling på nittio sidor om kusterosion",
                "specialised in comprehensive plans for a term and defended a ninety-page paper on coastal erosion",
            ),
            (
                "lade|min masteruppsats på hemtjänstens resursfördelning, med handledare från socialförvaltningen",
                "gave my master's thesis to how home care shares out its hours, with a tutor from the social services",
            ),
            (
                "skrev|en kandidatuppsats om resultatstyrning i elva nämnder",
                "wrote a bachelor's paper on management by results in eleven committees",
            ),
        ],
        results: &[
            ("Uppsatsen citeras i {n} tjänsteskrivelser.", "The paper is cited in {n} memoranda."),
            ("Den delen av kursen omfattade {n} veckor.", "That part of the course took {n} weeks."),
            (
                "Två kommuner bad om att få läsa den och {n} tjänstemän kom till seminariet.",
                "Two councils asked to read it and {n} officials came to the seminar.",
            ),
        ],
    },
    Domain {
        stems: &[
            "samhäll",
            "offentlig",
            "engagemang",
            "ideell",
            "kommun",
            "commitment",
            "societ",
            "public",
            "volunt",
        ],
        topic: ("hur en kommun fungerar", "how a municipality works"),
        took_part: &[
            (
                "hade|praktik på kansliet och skrev kallelser till nämnden",
                "was an intern at the secretariat and wrote the summons to the committee",
            ),
            (
                "var|suppleant i styrelsen och satt med på mötena en gång i månaden",
                "was a deputy on the board and sat in on its monthly meetings",
            ),
            ("delade|ut varma måltider varannan lördag", "handed out hot meals every other Saturday"),
            ("räknade|röster i två allmänna val", "counted votes in two general elections"),
        ],
        drove: &[
            (
                "startade|en rådgivningskväll för hyresgäster och ledde den i två år",
                "started an evening of advice for tenants and led it for two years",
            ),
            (
                "ordnade|läxstöd för nyanlända och fick fram både lokal och pengar",
                "arranged homework support for newcomers and found both a room and the money",
            ),
            (
                "förhandlade|fram belysning längs skolvägen med gatukontoret",
                "negotiated street lights along the way to school with the roads office",
            ),
            (
                "grundade|ett nattvandrarlag och bemannade det med grannar",
                "founded a night patrol of grown-ups and staffed it with neighbours",
            ),
        ],
        results: &[
            (
                "{n} familjer i området fick det bättre av det.",
                "{n} families in the area were better off for it.",
            ),
            (
                "Kommunen tog över och i dag kommer {n} boende varje vecka.",
                "The council took it over, and today {n} residents come every week.",
            ),
            (
                "Klagomålen från de boende minskade med {n} procent.",
                "Complaints from those who live there went down by {n} per cent.",
            ),
        ],
    },
    Domain {
        stems: &[
            "förändring",
            "utveckling",
            "initiativ",
            "förbättr",
            "change",
            "development",
            "improve",
            "initiative",
        ],
        topic: ("att göra saker på ett nytt sätt", "doing things in a new way"),
        took_part: &[
            (
                "var|med när vi lade om schemat, och jag testade de nya passen",
                "was there when we remade the rota, and I tried the new shifts",
            ),
            (
                "hjälpte|till att flytta arkivet från papper till en databas",
                "helped move the archive from paper to a database",
            ),
            (
                "prövade|den nya turordningen tillsammans med kollegorna och skrev upp vad som hakade",
                "tried the new order of turns with my colleagues and noted where it jammed",
            ),
            (
                "provade|ut ett nytt mottagningssystem ihop med fyra andra",
                "tried out a new reception system together with four others",
            ),
        ],
        drove: &[
            (
                "såg|att kön växte, ritade om hela flödet och fick ledningen att byta arbetssätt",
                "saw the queue grow, redrew the whole flow and got the management to change the way of working",
            ),
            (
                "föreslog|att lånekorten skulle bli digitala, tog fram upplägget och såg till att det infördes",
                "proposed that the loan cards go digital, worked out how and saw to it that it was done",
            ),
            (
                "bytte|ut pärmarna mot en gemensam checklista, övertygade de tveksamma och följde upp i ett år",
                "replaced the binders with a shared checklist, won over the doubtful and followed up for a year",
            ),
            (
                "lade|på eget bevåg om hämtningsrundan och räknade hem nyttan",
                "remade the collection round of my own accord and reckoned up the gain",
            ),
        ],
        results: &[
            ("Väntetiden föll från {n} dagar till två.", "The wait fell from {n} days to two."),
            ("Det sparade {n} timmar i veckan.", "It saved {n} hours a week."),
            (
                "Efter ett kvartal hade felen minskat med {n} procent.",
                "After a quarter the mistakes were down by {n} per cent.",
            ),
        ],
    },
    Domain {
        stems: &["projekt", "grupp", "team", "samarbet", "project", "group", "cooperat"],
        topic: ("att jobba ihop med andra", "working together with others"),
        took_part: &[
            (
                "satt|i en arbetsgrupp på fem och skrev kapitlet om kostnader",
                "sat in a working party of five and wrote the chapter on costs",
            ),
            (
                "var|en av sju som planerade mässan, och jag skötte anmälningarna",
                "was one of seven who planned the fair, and I handled the registrations",
            ),
            (
                "byggde|en monter tillsammans med tre kurskamrater och målade skyltarna",
                "built a stand with three fellow students and painted the signs",
            ),
            (
                "gjorde|fältmätningarna åt ett konsortium av fyra klasser",
                "did the field measurements for a consortium of four classes",
            ),
        ],
        drove: &[
            (
                "höll|i flytten av verkstaden: lade milstolpar, fördelade sysslor och ledde veckomötena med nio personer",
                "ran the move of the workshop: set milestones, shared out duties and led the weekly meetings of nine people",
            ),
            (
                "samordnade|en festival med sex lag, skrev tidsplanen och höll budgeten",
                "coordinated a festival with six crews, wrote the schedule and kept the budget",
            ),
            (
                "styrde|bygget av en tillgänglig lekplats från skiss till invigning, med fyra hantverkare",
                "steered the making of an accessible playground from sketch to opening, with four craftsmen",
            ),
            (
                "planerade|och ledde en inventering med tolv deltagare, vecka för vecka",
                "planned and led an inventory with twelve participants, week by week",
            ),
        ],
        results: &[
            ("Vi blev klara {n} dagar före utsatt tid.", "We finished {n} days ahead of time."),
            (
                "Allt var levererat inom ramen och {n} besökare kom.",
                "Everything was delivered within the frame, and {n} visitors came.",
            ),
            ("Utfallet låg {n} procent under kalkylen.", "The outcome was {n} per cent below the estimate."),
        ],
    },
    Domain {
        stems: &[
            "analys",
            "utredning",
            "statistik",
            "underlag",
            "undersök",
            "inquir",
            "analysis",
            "research",
            "statistic",
            "material",
        ],
        topic: ("att förstå hur saker hänger ihop", "understanding how things fit together"),
        took_part: &[
            (
                "räknade|på en enkät med linjär regression under en kurs",
                "worked through a questionnaire with linear regression during a course",
            ),
            (
                "intervjuade|åtta brukare efter en mall och sammanställde svaren",
                "interviewed eight users from a guide and put the answers together",
            ),
            (
                "läste|igenom trettio protokoll och kodade dem efter ämne",
                "went through thirty sets of minutes and coded them by subject",
            ),
            (
                "mätte|trafikflöden med slang och gjorde diagram av dem",
                "measured the flow of traffic with tubes and made charts of it",
            ),
        ],
        drove: &[
            (
                "samlade|själv in tre års störningsloggar, rensade dem och fann orsaken i R",
                "gathered three years of fault logs alone, cleaned them and found the cause in R",
            ),
            (
                "granskade|på egen hand tvåhundra avslag, jämförde dem statistiskt och drog fram mönstret för ledningen",
                "examined two hundred refusals single-handed, compared them statistically and showed the management the pattern",
            ),
            (
                "kartlade|vattenförlusterna kvarter för kvarter och skrev rapporten med rekommendationer",
                "mapped the losses of water block by block and wrote the report with its recommendations",
            ),
            (
                "byggde|en prognos för elevantalet ur folkbokföringens öppna siffror och föredrog den",
                "built a forecast of pupil numbers from the register's open figures and presented it",
            ),
        ],
        results: &[
            (
                "Nämnden fattade sitt beslut på de siffrorna, {n} veckor senare.",
                "The committee took its decision on those figures {n} weeks later.",
            ),
            (
                "Slutsatsen ledde till att {n} rutiner skrevs om.",
                "The conclusion led to {n} routines being rewritten.",
            ),
            (
                "Träffsäkerheten blev {n} procent och modellen används fortfarande.",
                "It was right in {n} per cent and is still in use.",
            ),
        ],
    },
    Domain {
        stems: &["kommunikation", "dialog", "presentation", "informat", "communicat", "media"],
        topic: ("att nå ut med budskap", "getting a message across"),
        took_part: &[
            ("skrev|notiser till veckobladet", "wrote short pieces for the weekly paper"),
            (
                "svarade|på frågor i montern under en öppen dag",
                "answered questions at the stand on an open day",
            ),
        ],
        drove: &[
            (
                "gjorde|om broschyrerna till klarspråk, prövade dem på läsare och fick dem antagna",
                "rewrote the leaflets in plain language, tried them on readers and had them adopted",
            ),
            (
                "drog|i gång samråd på torget och skötte både inbjudan och återkoppling",
                "set up consultations in the square and saw to both invitation and feedback",
            ),
        ],
        results: &[
            (
                "Antalet samtal till växeln gick ned med {n} procent.",
                "Calls to the switchboard went down by {n} per cent.",
            ),
            ("{n} personer lämnade synpunkter.", "{n} people gave their views."),
        ],
    },
    Domain {
        stems: &["digital", "teknik", "programmer", "system", "technolog", "software"],
        topic: ("ny teknik", "new technology"),
        took_part: &[
            ("testade|en bokningsapp före lanseringen", "tested a booking app before its launch"),
            (
                "rättade|fel i ett skript som någon annan hade skrivit",
                "fixed faults in a script that somebody else had written",
            ),
        ],
        drove: &[
            (
                "programmerade|ett felanmälningsverktyg i Python, från behovslista till drift",
                "programmed a tool for reporting faults in Python, from the list of needs to daily use",
            ),
            (
                "införde|en karttjänst, utbildade personalen och skötte supporten",
                "introduced a map service, trained the staff and handled the support",
            ),
        ],
        results: &[
            ("{n} anmälningar om dagen går numera den vägen.", "{n} reports a day now go that way."),
            ("Driftstoppen minskade med {n} procent.", "Outages went down by {n} per cent."),
        ],
    },
    Domain {
        stems: &["miljö", "hållbar", "klimat", "environment", "sustainab", "climate"],
        topic: ("en grönare vardag", "a greener everyday life"),
        took_part: &[
            (
                "vägde|matsvinnet i en bespisning varje fredag",
                "weighed the wasted food of a canteen every Friday",
            ),
            (
                "tog|vattenprover i en å tillsammans med en biolog",
                "took water samples in a stream with a biologist",
            ),
        ],
        drove: &[
            (
                "tog|fram en energiplan för tre byggnader och fick den genomförd",
                "drew up an energy plan for three buildings and had it carried out",
            ),
            (
                "ersatte|engångsmaterialet med ett pantsystem som jag utformade",
                "replaced the disposables with a deposit scheme of my design",
            ),
        ],
        results: &[
            ("Utsläppen sjönk med {n} procent.", "Emissions fell by {n} per cent."),
            ("{n} ton avfall uteblev.", "{n} tonnes of waste never arose."),
        ],
    },
    Domain {
        stems: &["ekonomi", "budget", "redovis", "financ", "account", "econom"],
        topic: ("ordning på pengarna", "order in the money"),
        took_part: &[
            ("bokförde|kvitton under två bokslut", "kept the receipts through two annual accounts"),
            ("stämde|av kundreskontran en gång i veckan", "reconciled the customers' ledger once a week"),
        ],
        drove: &[
            (
                "lade|budgeten för elva enheter och förklarade avvikelserna för cheferna",
                "made the budget of eleven units and explained the deviations to their heads",
            ),
            (
                "upptäckte|dubbelbetalningar, byggde en kontroll och krävde in beloppen",
                "discovered double payments, built a check and recovered the amounts",
            ),
        ],
        results: &[
            ("Det gav {n} tusen kronor tillbaka.", "It brought back {n} thousand kronor."),
            ("Bokslutet blev klart {n} dagar tidigare.", "The accounts were closed {n} days earlier."),
        ],
    },
    Domain {
        stems: &["skola", "elev", "barn", "social", "omsorg", "vård", "school", "pupil", "child", "care"],
        topic: ("barn och ungas vardag", "the everyday life of the young"),
        took_part: &[
            (
                "rastvaktade|och läste högt för sexåringar",
                "watched the breaks and read aloud to six-year-olds",
            ),
            ("följde|en handledare på hembesök", "followed a supervisor on home visits"),
        ],
        drove: &[
            (
                "utformade|ett stödprogram i läsning för årskurs fyra och ledde det i tre terminer",
                "designed a reading programme for ten-year-olds and led it for three terms",
            ),
            (
                "ansvarade|för omläggningen av måltiderna, med personal och anhöriga",
                "was in charge of remaking the meals, with staff and relatives",
            ),
        ],
        results: &[
            ("{n} av dem nådde målen efteråt.", "{n} of them reached the goals afterwards."),
            ("Frånvaron minskade med {n} procent.", "Absence fell by {n} per cent."),
        ],
    },
    Domain {
        stems: &["ledar", "leda ", "chef", "leadership", "manage", "service", "bemöt", "kund", "customer"],
        topic: ("att få folk att trivas", "making people feel at ease"),
        took_part: &[
            (
                "vikarierade|för gruppledaren under två veckor",
                "stood in for the head of the group for two weeks",
            ),
            ("tog|emot besökare i en reception", "received visitors at a front desk"),
        ],
        drove: &[
            (
                "hade|ansvar för åtta medarbetare, satte deras mål och höll samtalen",
                "had charge of eight employees, set their goals and held the talks",
            ),
            (
                "införde|ett nytt sätt att ta emot klagomål och lärde upp skiftlagen",
                "introduced a new way of taking complaints and taught the shifts",
            ),
        ],
        results: &[
            ("Personalomsättningen halverades på {n} månader.", "Staff turnover was halved in {n} months."),
            ("Nöjdheten steg med {n} procent.", "Satisfaction rose by {n} per cent."),
        ],
    },
];
