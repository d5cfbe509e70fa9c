//! What is below a prefix of repository names: kits, and for administrators rules, quotas and tokens.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::{AdminRule, AdminToken, KitSummary, OwnerDetail};
use sealkit_store::Page;

use crate::access::{Caller, Level, Scope, repository_segment, visible};
use crate::api::Paging;
use crate::clock::now;
use crate::hub::Shared;
use crate::names::{is_repository, is_within, segment};
use crate::{HubError, admin};

/// `GET /api/v1/owners/{name}?after=&limit=`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/v1/owners/{name}", get(show))
}

/// Whether an address lists what is below a prefix of names, which is cut to the caller.
pub(crate) fn is_owner(path: &str) -> bool {
    let page = path.strip_prefix("/kits/").and_then(|rest| rest.strip_suffix('/'));
    let owner = path.strip_prefix("/api/v1/owners/").or(page);
    owner.is_some_and(|owner| !owner.contains('/') && repository_segment(owner).is_some())
}

/// `GET /api/v1/owners/{name}?after=&limit=`: everything in it is cut to the caller, so that an owner of whom they
/// may read nothing is one that is not there.
pub(crate) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path(name): Path<String>,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<OwnerDetail>, HubError> {
    let paging = paging.map_err(|_| HubError::Query("limit"))?.0;
    if !is_repository(&name) {
        return Err(HubError::UnknownOwner(name));
    }
    let is_first = paging.is_first();
    let (page, limit) = paging.page();
    let mut names = below(&state, &caller, &name, page).await?;
    if names.is_empty() && is_first {
        return Err(HubError::UnknownOwner(name));
    }
    let more = names.len() > limit;
    names.truncate(limit);
    let next = names.last().filter(|_| more).cloned();
    let kits = names.into_iter().map(|name| {
        let versions = format!("/api/v1/kits/{}/versions", segment(&name));
        KitSummary { name, versions }
    });
    let mut found = OwnerDetail::new(name.clone(), kits.collect(), next);
    if caller.may(Level::Admin, &name) {
        found.rules = Some(rules(&state, &caller, &name).await?);
    }
    if caller.may_everywhere(Level::Admin) {
        let all = admin::tokens(state, caller).await?.0.tokens;
        found.tokens = Some(all.into_iter().filter(|token| reaches(token, &name)).collect());
    }
    Ok(Json(found))
}

/// The names of a page: the owner's own, then those below it, which follow each other in the order of names.
async fn below(
    shared: &Shared,
    caller: &Caller,
    owner: &str,
    page: Page,
) -> Result<Vec<String>, HubError> {
    let root = format!("{owner}/");
    let mut names = Vec::new();
    if page.after.is_none() && caller.sees(owner) {
        let one = Page { after: None, limit: Some(1) };
        let is_there = !shared.namespace.repository(owner)?.tags(&one).await?.is_empty();
        names.extend(is_there.then(|| owner.to_owned()));
    }
    // What follows the prefix in the order of names begins with it, as far as anything does.
    let after = page.after.filter(|after| after.starts_with(&root)).unwrap_or_else(|| root.clone());
    let page = Page { after: Some(after), limit: page.limit };
    let all = visible(shared.namespace.as_ref(), caller, &page).await?;
    names.extend(all.into_iter().take_while(|name| name.starts_with(&root)));
    Ok(names)
}

/// The rules for repositories at or below the owner, and those above it that whoever asks administers too: what is
/// used of a quota says how much others hold.
async fn rules(shared: &Shared, caller: &Caller, owner: &str) -> Result<Vec<AdminRule>, HubError> {
    let all = admin::rules(shared).await?;
    let may_see = |rule: &AdminRule| match rule.prefix.as_str() {
        "*" => caller.may_everywhere(Level::Admin),
        prefix => {
            let concerns = is_within(prefix, owner) || is_within(owner, prefix);
            concerns && caller.may(Level::Admin, prefix)
        }
    };
    Ok(all.into_iter().filter(may_see).collect())
}

/// Whether a token holds and allows anything at the owner, above it or below it.
fn reaches(token: &AdminToken, owner: &str) -> bool {
    let holds = token.revoked.is_none() && token.expires.is_none_or(|end| end > now());
    let touches = |scope: &String| {
        let Ok(scope) = scope.parse::<Scope>() else { return false };
        scope.prefix().is_none_or(|prefix| is_within(prefix, owner) || is_within(owner, prefix))
    };
    holds && token.scopes.iter().any(touches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_an_owner_is_one() {
        for owner in ["/kits/team/", "/kits/team%2Fa/", "/api/v1/owners/team%2Fa"] {
            assert!(is_owner(owner), "{owner}");
        }
        for other in [
            "/kits/team",
            "/kits/team/v1/",
            "/kits//",
            "/kits/",
            "/kits/%61/",
            "/api/v1/owners/",
            "/api/v1/owners/a/b",
            "/api/v1/owners/a%252Fb",
        ] {
            assert!(!is_owner(other), "{other}");
        }
    }

    #[test]
    fn a_token_reaches_what_its_prefix_and_the_owner_share() {
        let token = |scope: &str| AdminToken {
            id: 1,
            user: String::new(),
            name: String::new(),
            scopes: vec![scope.to_owned()],
            created: 0,
            expires: None,
            revoked: None,
            used: None,
            own: false,
        };
        for (scope, owner, does) in [
            ("read:*", "org", true),
            ("write:org", "org", true),
            ("write:org/kit", "org", true),
            ("write:org", "org/team", true),
            ("write:organ", "org", false),
            ("write:other", "org", false),
            ("nonsense", "org", false),
        ] {
            assert_eq!(reaches(&token(scope), owner), does, "{scope} {owner}");
        }
        let ended = AdminToken { expires: Some(1), ..token("read:*") };
        let revoked = AdminToken { revoked: Some(1), ..token("read:*") };
        assert!(!reaches(&ended, "org") && !reaches(&revoked, "org"));
    }
}
