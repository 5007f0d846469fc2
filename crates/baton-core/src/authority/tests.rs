use super::*;

/// Ada wrote the message of the approval.
const ADA: &str = "ada";

fn person(id: &str, roles: &[PersonRole]) -> Principal {
    let author = Author {
        id: id.into(),
        name: id.to_owned(),
    };
    Principal::new(author, roles.iter().copied())
}

/// The rights about a place and its messages, in the order of the columns of the table.
const PLACE_RIGHTS: [Right<'static>; 12] = [
    Right::ActUnderOwnId,
    Right::ReadPlace,
    Right::Speak,
    Right::ReadStatus,
    Right::StopMessage,
    Right::Retry,
    Right::ChangeModel,
    Right::Reset,
    Right::ClaimWork,
    Right::AddProject,
    Right::SpeakForOthers,
    Right::SeeEverything,
];

/// The answer to each right, as one letter.
fn answers(principal: &Principal, rights: &[Right<'_>]) -> String {
    let letter = |right: &Right<'_>| match principal.check_right(*right) {
        Ok(()) => 'y',
        Err(Forbidden::Guest) => 'g',
        Err(Forbidden::Outside) => 'o',
        Err(Forbidden::NotModerator) => 'm',
        Err(Forbidden::NotAdministrator) => 'a',
        Err(Forbidden::NotWorker) => 'w',
        Err(Forbidden::NotDecider) => 'd',
        Err(Forbidden::NotNamed) => 'n',
        Err(Forbidden::NotOperator) => 'p',
    };
    rights.iter().map(letter).collect()
}

#[test]
fn roles_give_the_rights_in_a_place() {
    use PersonRole::{
        Administrator, Bystander, Decider, Identified, Moderator, Operator, Reader, Speaker, Worker,
    };
    let table: [(&str, &[PersonRole], &str); 12] = [
        ("a guest elsewhere", &[], "gggggggggggg"),
        (
            "a guest in a public room",
            &[Reader, Speaker, Moderator],
            "gyyggggggggg",
        ),
        ("a person elsewhere", &[Identified, Worker], "yooooooooapp"),
        (
            "a person in an open room",
            &[Identified, Worker, Reader, Speaker, Moderator],
            "yyyyyyyyyapp",
        ),
        (
            "a person to whom Baton does not listen",
            &[Identified, Reader],
            "yyoooooowapp",
        ),
        ("a speaker", &[Identified, Reader, Speaker], "yyyyyyymwapp"),
        (
            "a moderator to whom Baton does not listen",
            &[Identified, Reader, Moderator],
            "yyoooooowapp",
        ),
        (
            "a speaker who moderates",
            &[Identified, Reader, Speaker, Moderator],
            "yyyyyyyywapp",
        ),
        (
            "an administrator to whom Baton does not listen",
            &[Identified, Reader, Moderator, Administrator],
            "yyoooooowypp",
        ),
        (
            "a decider of the place",
            &[Identified, Reader, Decider],
            "yyoooooowapp",
        ),
        (
            "a speaker where others decide",
            &[Identified, Reader, Speaker, Bystander],
            "yyyyyyymwapp",
        ),
        ("an operator", &[Operator], "yyyyyyyyyyyy"),
    ];
    for (who, roles, expected) in table {
        let found = answers(&person(ADA, roles), &PLACE_RIGHTS);
        assert_eq!(found, expected, "{who}");
    }
}

#[test]
fn roles_and_the_deciders_give_the_rights_on_an_approval() {
    use PersonRole::{Bystander, Decider, Identified, Operator, Reader, Speaker};
    let deciders: [PersonId; 1] = [ADA.into()];
    let rights = [
        Right::ReadApproval(&deciders),
        Right::Decide(&deciders),
        Right::StopAsking(&deciders),
    ];
    // The answers for Ada, whom the approval names, and for Eve, whom the approval does not name.
    let table: [(&str, &[PersonRole], &str, &str); 10] = [
        ("a guest", &[Reader, Speaker], "ggg", "ggg"),
        ("a person elsewhere", &[Identified], "oyo", "ono"),
        (
            "a person to whom Baton does not listen",
            &[Identified, Reader],
            "yyy",
            "ono",
        ),
        ("a speaker", &[Identified, Reader, Speaker], "yyy", "yny"),
        (
            "a decider of the place",
            &[Identified, Reader, Decider],
            "yyy",
            "yyy",
        ),
        (
            "a decider who speaks",
            &[Identified, Reader, Speaker, Decider],
            "yyy",
            "yyy",
        ),
        (
            "a bystander to whom Baton does not listen",
            &[Identified, Reader, Bystander],
            "ydd",
            "odo",
        ),
        (
            "a bystander who speaks",
            &[Identified, Reader, Speaker, Bystander],
            "ydd",
            "ydd",
        ),
        ("an operator", &[Operator], "yyy", "yyy"),
        (
            "an operator where others decide",
            &[Identified, Operator, Bystander],
            "yyy",
            "yyy",
        ),
    ];
    for (who, roles, named, other) in table {
        assert_eq!(answers(&person(ADA, roles), &rights), named, "Ada, {who}");
        assert_eq!(answers(&person("eve", roles), &rights), other, "Eve, {who}");
    }
}

#[test]
fn roles_can_be_added_for_a_place() {
    let ada = person(ADA, &[PersonRole::Identified]);
    assert!(!ada.has_right(Right::Speak));
    let here = ada.with_roles([PersonRole::Speaker]);
    assert!(here.has_right(Right::Speak));
    assert_eq!(here.id().as_str(), ADA);
}

#[test]
fn whoever_may_choose_a_model_may_mute_and_whoever_may_reset_may_rename() {
    use PersonRole::{Identified, Moderator, Reader, Speaker};
    for roles in [
        &[][..],
        &[Identified, Reader],
        &[Identified, Reader, Speaker],
        &[Reader, Speaker, Moderator],
        &[Identified, Reader, Moderator],
        &[Identified, Reader, Speaker, Moderator],
    ] {
        let person = person(ADA, roles);
        let known = answers(&person, &[Right::ChangeModel, Right::Reset]);
        let new = answers(&person, &[Right::Mute, Right::Rename]);
        assert_eq!(new, known, "{roles:?}");
    }
}
