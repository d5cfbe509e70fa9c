//! `sealkit policy`.

use std::fmt::Write as _;

use sealkit_ops::check::{CheckRequest, Checked};
use sealkit_ops::{Context, Place, policy};
use sealkit_policy::{Explained, STEP_RULE};
use sealkit_report::{Step, Verdict};
use serde_json::{Value, json};

use super::check::{check, document, exit};
use super::policy_trial;
use super::trust::json as to_json;
use super::verify::steps;
use crate::app::{App, Exit};
use crate::cli::{
    PolicyCommand, PolicyExplainArgs, PolicyInitArgs, PolicyLintArgs, PolicyTestArgs,
};
use crate::console::{Failure, escape};

/// Carries out `policy init`, `lint`, `test` and `explain`.
pub(crate) fn run(app: &App, command: &PolicyCommand) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Init(args) => init(app, args),
        PolicyCommand::Lint(args) => lint(app, args),
        PolicyCommand::Test(args) => test(app, args),
        PolicyCommand::Explain(args) => explain(app, args),
    }
}

fn init(app: &App, args: &PolicyInitArgs) -> Result<Exit, Failure> {
    let Some(path) = &args.output else {
        app.console.answer(policy::starter().trim_end());
        return Ok(Exit::Yes);
    };
    policy::init(path)?;
    let shown = escape(&path.display().to_string());
    app.console
        .info(format!("wrote {shown}; see what it asks with `sealkit policy explain {shown}`"));
    app.console.answer(shown.as_str());
    Ok(Exit::Yes)
}

fn lint(app: &App, args: &PolicyLintArgs) -> Result<Exit, Failure> {
    let context = app.context(None)?;
    let remarks = policy::lint(&context, &args.policy)?;
    if args.format == "json" {
        app.console.answer(to_json(&json!({"schemaVersion": 1, "remarks": remarks}))?);
        return Ok(Exit::Yes);
    }
    for one in &remarks {
        let (about, message) = (escape(&one.about), escape(&one.message));
        app.console.answer(format!("{about}: {message} [{}]", one.code));
    }
    if remarks.is_empty() {
        app.console.answer("the policy can be used");
    }
    Ok(Exit::Yes)
}

/// What one test gave.
struct Tried {
    name: String,
    verdict: Verdict,
    steps: Vec<Step>,
    surprises: Option<Vec<String>>,
}

fn test(app: &App, args: &PolicyTestArgs) -> Result<Exit, Failure> {
    let address = args.hub.as_deref();
    let context = app.context_at(args.network.clone(), address)?;
    if let Some(hub) = &args.hub {
        return policy_trial::run(app, &context, args, hub);
    }
    let judge = policy::read(&args.policy)?;
    let mut all = Vec::new();
    for path in &args.facts {
        let tried = policy::test(&context, &judge, path)?;
        let (name, surprises) = (path.display().to_string(), tried.surprises);
        let verdict = tried.report.verdict();
        all.push(Tried { name, verdict, steps: tried.report.steps, surprises });
    }
    for subject in &args.subjects {
        let request = CheckRequest { policy: Some(args.policy.clone()), ..CheckRequest::default() };
        let Some(checked) = of(app, &context, subject, &request)? else {
            return Ok(Exit::Interrupted);
        };
        let verdict = checked.verdict();
        let steps = checked.report.steps;
        all.push(Tried { name: subject.clone(), verdict, steps, surprises: None });
    }
    if all.is_empty() {
        return Err(Failure::new("nothing-to-test", "neither a kit nor a file of facts was given")
            .hint("give kits, `--facts FILE`, or `--hub HOST`"));
    }
    show(app, args, &all)?;
    // Where something was expected, the answer is whether it came so; else the verdict itself.
    let worst = all.iter().map(|one| match &one.surprises {
        Some(surprises) if surprises.is_empty() => 0,
        Some(_) => 1,
        None => match one.verdict {
            Verdict::Yes => 0,
            Verdict::No => 1,
            Verdict::Unknown => 2,
        },
    });
    let worst: Vec<u8> = worst.collect();
    Ok(match (worst.contains(&1), worst.contains(&2)) {
        (true, _) => Exit::No,
        (_, true) => Exit::Unanswered,
        _ => Exit::Yes,
    })
}

fn of(
    app: &App,
    context: &Context,
    subject: &str,
    request: &CheckRequest,
) -> Result<Option<Checked>, Failure> {
    check(app, context, Place::parse(subject, true)?, false, request)
}

fn show(app: &App, args: &PolicyTestArgs, all: &[Tried]) -> Result<(), Failure> {
    if args.format == "json" {
        let tests: Vec<Value> = all
            .iter()
            .map(|one| {
                json!({"name": one.name, "verdict": one.verdict, "steps": one.steps,
                    "surprises": one.surprises})
            })
            .collect();
        app.console.answer(to_json(&json!({"schemaVersion": 1, "tests": tests}))?);
        return Ok(());
    }
    for one in all {
        let mut text = format!("{}\n{}", escape(&one.name), steps(&app.console, &one.steps));
        match &one.surprises {
            Some(surprises) if surprises.is_empty() => text.push_str("as expected\n"),
            Some(surprises) => surprises.iter().for_each(|surprise| {
                let _ = writeln!(text, "not as expected: {}", escape(surprise));
            }),
            None => {
                let answer = match one.verdict {
                    Verdict::Yes => "allowed",
                    Verdict::No => "denied",
                    Verdict::Unknown => "denied: evidence is missing",
                };
                let _ = writeln!(text, "{answer}");
            }
        }
        app.console.answer(text);
    }
    Ok(())
}

fn explain(app: &App, args: &PolicyExplainArgs) -> Result<Exit, Failure> {
    let rules = policy::explain(args.policy.as_deref())?;
    let context = app.context(None)?;
    let checked = match &args.subject {
        Some(subject) => {
            let request = CheckRequest { policy: args.policy.clone(), ..CheckRequest::default() };
            let Some(checked) = of(app, &context, subject, &request)? else {
                return Ok(Exit::Interrupted);
            };
            Some(checked)
        }
        None => None,
    };
    if args.format == "json" {
        let check = checked.as_ref().map(document);
        let answer = json!({"schemaVersion": 1, "rules": rules, "check": check});
        app.console.answer(to_json(&answer)?);
    } else {
        let texts: Vec<String> =
            rules.iter().map(|rule| in_words(app, rule, checked.as_ref())).collect();
        app.console.answer(texts.join("\n").trim_end());
    }
    Ok(checked.map_or(Exit::Yes, |checked| exit(checked.verdict())))
}

fn in_words(app: &App, rule: &Explained, checked: Option<&Checked>) -> String {
    let mode = match rule.mode {
        sealkit_policy::model::Mode::Enforce => "denies",
        sealkit_policy::model::Mode::Warn => "only warns",
    };
    let mut text = format!("{} ({mode}): {}\n", escape(&rule.rule), rule.asks);
    if let Some(description) = &rule.description {
        let _ = writeln!(text, "  why:      {}", escape(description));
    }
    let _ = writeln!(text, "  settings: {}", escape(&rule.settings.to_string()));
    let _ = writeln!(text, "  evidence: {}", rule.evidence);
    let _ = writeln!(text, "  to meet:  {}", rule.satisfy);
    let id = format!("{STEP_RULE}{}", rule.rule);
    let step = checked.and_then(|found| found.report.steps.iter().find(|step| step.id == id));
    if let Some(step) = step {
        let _ = write!(text, "  {}", steps(&app.console, std::slice::from_ref(step)));
    }
    text
}
