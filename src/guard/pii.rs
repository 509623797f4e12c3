//! Personal text that cannot leak by accident.
//!
//! [`Pii`] has no `Display`, `Serialize`, `Clone`, `PartialEq` or `Deref`; its `Debug` prints
//! `Pii(redacted)` and its content is overwritten on drop. Out of it there are two ways for the
//! rest of the program: the vault seals it, and [`Pii::disclose`] shows it to a holder of an
//! [`Access`](super::access::Access) whose purpose may see the category, as a [`Disclosed`] that
//! can only be rendered into a page.

use std::marker::PhantomData;

use zeroize::Zeroizing;

use super::access::{Access, Purpose};

/// What kind of personal data a text is.
pub trait Category: sealed::Sealed + Send + Sync + 'static {
    /// The name in the data map.
    const NAME: &'static str;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident = $code:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl sealed::Sealed for $name {}
        impl Category for $name { const NAME: &'static str = $code; }
    )*};
}

categories! {
    /// Who the person is: name, e-mail, telephone, address.
    Identity = "identity",
    /// What the applicant wrote, as sent: may name anybody.
    FreeText = "free_text",
    /// What the model and the first reader see.
    PseudonymousText = "pseudonymous_text",
    /// What a member of staff wrote about the application.
    StaffNote = "staff_note",
}

/// Personal text of one category.
pub struct Pii<C: Category> {
    text: Zeroizing<String>,
    category: PhantomData<C>,
}

impl<C: Category> Pii<C> {
    /// Wraps a text. Wrapping is always safe, so anybody may.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self { text: Zeroizing::new(text), category: PhantomData }
    }

    /// The length in bytes; no content.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The clear text, for the vault and the pseudonymiser. The architecture test holds the list of
    /// files that may call this.
    pub(crate) fn clear_text(&self) -> &str {
        &self.text
    }

    /// Shows the text to somebody whose purpose may see this category.
    #[must_use]
    pub fn disclose<'a, P: Purpose + MaySee<C>>(&'a self, access: &Access<P>) -> Disclosed<'a> {
        let _: &Access<P> = access;
        Disclosed(&self.text)
    }
}

impl<C: Category> std::fmt::Debug for Pii<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pii(redacted)")
    }
}

/// Shows a piece of a text of one category to somebody whose purpose may see it: for quotes, which
/// are parts of a text that is held elsewhere.
#[must_use]
pub(crate) fn disclose_text<'a, C: Category, P: Purpose + MaySee<C>>(
    text: &'a str,
    access: &Access<P>,
) -> Disclosed<'a> {
    let _: &Access<P> = access;
    Disclosed(text)
}

/// Personal text on its way into a page: it renders as escaped HTML and does nothing else.
pub struct Disclosed<'a>(&'a str);

impl Disclosed<'_> {
    /// The text for one sanctioned JSON export (`web::api` and the rights export); the architecture
    /// test holds the list of files that may call this.
    pub(crate) fn for_export(&self) -> &str {
        self.0
    }
}

impl maud::Render for Disclosed<'_> {
    fn render_to(&self, buffer: &mut String) {
        self.0.render_to(buffer);
    }
}

/// The static ceiling: which purpose may see which category at all. Policies can only narrow it.
pub trait MaySee<C: Category>: Purpose {}
