//! The promises as stories, one file a journey, on both engines, through HTTP or the program itself.

mod audit_offline;
mod blind_first;
mod command_line;
mod from_application_to_decision;
mod log_fails_closed;
mod nothing_in_clear;
mod only_who_was_chosen;
mod planted_levels;
mod protected_identity;
mod renaming_changes_nothing;
mod rights_of_the_applicant;
mod same_input_same_score;
mod the_doors;
mod the_model_may_not_rank;
mod working_copies;
