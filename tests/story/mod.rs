//! The promises as stories, one file a journey, on both engines, through HTTP or the program itself.

mod audit_offline;
mod blind_first;
mod command_line;
mod from_application_to_decision;
mod identity_swap;
mod log_at_full_size;
mod log_for_outsiders;
mod log_witnesses;
mod log_fails_closed;
mod merits_stay;
mod nothing_in_clear;
mod only_who_was_chosen;
mod own_identity;
mod planted_levels;
mod protected_identity;
mod pseudonymise_properties;
mod re_identification;
mod renaming_changes_nothing;
mod rights_of_the_applicant;
mod same_input_same_score;
mod sensitive_data;
mod structured_identifiers;
mod the_doors;
mod the_model_may_not_rank;
mod working_copies;
