//! A sign-in is stored until its end.

use baton_core::clock::Wall;
use baton_core::store::{SIGN_INS_KEPT, SignIn};

use super::case_context::CaseContext;

fn sign_in(key: &str, person: &str, until: i64) -> SignIn {
    SignIn {
        key: key.to_owned(),
        person: person.into(),
        proof: format!("proof of {key}"),
        until: Wall(until),
    }
}

/// Later than every clock of these tests.
const FAR: i64 = 9_000_000_000_000;

pub(super) async fn is_known_after_a_restart_until_it_is_ended(context: CaseContext) {
    let store = context.open_store().await;
    let (one, other) = (sign_in("one", "ada", FAR), sign_in("other", "ada", FAR));
    store.sign_in(one.clone()).await.unwrap();
    store.sign_in(other.clone()).await.unwrap();
    drop(store);
    let store = context.open_store().await;
    assert_eq!(store.signed_in("one").await.unwrap(), Some(one));
    assert_eq!(store.signed_in("none").await.unwrap(), None);
    store.sign_out("one").await.unwrap();
    store.sign_out("none").await.unwrap();
    assert_eq!(store.signed_in("one").await.unwrap(), None);
    assert_eq!(store.signed_in("other").await.unwrap(), Some(other));
}

pub(super) async fn what_is_over_is_forgotten(context: CaseContext) {
    let store = context.open_store().await;
    store.sign_in(sign_in("over", "ada", 1)).await.unwrap();
    store.sign_in(sign_in("new", "ben", FAR)).await.unwrap();
    assert_eq!(store.signed_in("over").await.unwrap(), None);
    assert!(store.signed_in("new").await.unwrap().is_some());
}

pub(super) async fn one_person_has_only_so_many(context: CaseContext) {
    let store = context.open_store().await;
    store.sign_in(sign_in("ben's", "ben", FAR)).await.unwrap();
    for n in 0..=SIGN_INS_KEPT {
        let until = FAR + i64::try_from(n).unwrap();
        store
            .sign_in(sign_in(&format!("{n}"), "ada", until))
            .await
            .unwrap();
    }
    assert_eq!(store.signed_in("0").await.unwrap(), None);
    for key in ["1", &format!("{SIGN_INS_KEPT}"), "ben's"] {
        assert!(store.signed_in(key).await.unwrap().is_some(), "{key}");
    }
}
