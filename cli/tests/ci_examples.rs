//! The examples for continuous integration are what they say: documents in YAML whose parts are the whole, and whose
//! commands this program takes.

mod common;

use common::run;
use std::{fs, path::Path};
use yaml_rust2::{Yaml, YamlLoader};

fn example(name: &str) -> (String, Yaml) {
    document(&format!("conformance/examples/ci/{name}"))
}

fn document(file: &str) -> (String, Yaml) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join(file)).unwrap();
    let mut documents = YamlLoader::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1);
    (text, documents.remove(0))
}

/// Holds the options of a command line to being some that `cardwire certify reader` has.
fn takes(command: &str) {
    let help = run(&["certify", "reader", "--help"]);
    let help = &help.succeeded().stdout;
    let options: Vec<_> = command
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
        .collect();
    assert!(options.contains(&"--shard"), "{command}");
    for option in options {
        // Those of the reader itself stand within its endpoint.
        let own = ["--stdio", "--state"].contains(&option);
        assert!(
            own || help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")),
            "{option}"
        );
    }
}

#[test]
fn the_workflow_runs_every_part_and_merges_them() {
    let (text, workflow) = example("github-workflow.yml");
    let part = &workflow["jobs"]["part"];
    let parts: Vec<_> = part["strategy"]["matrix"]["part"]
        .as_vec()
        .unwrap()
        .iter()
        .map(|part| part.as_i64().unwrap())
        .collect();
    assert_eq!(parts, (1..=4).collect::<Vec<_>>());
    assert_eq!(part["strategy"]["fail-fast"].as_bool(), Some(false));
    let steps = part["steps"].as_vec().unwrap();
    let certify = steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .find(|run| run.starts_with("cardwire certify"))
        .unwrap();
    assert!(
        certify.contains(&format!("--shard ${{{{ matrix.part }}}}/{}", parts.len())),
        "{certify}"
    );
    takes(certify);
    let merge = &workflow["jobs"]["report"];
    assert_eq!(merge["needs"].as_str(), Some("part"));
    for part in parts {
        assert!(text.contains(&format!(" parts/part-{part} ")), "{part}");
    }
}

#[test]
fn the_job_gives_every_index_its_part() {
    let (_, job) = example("kubernetes-job.yaml");
    assert_eq!(
        (job["apiVersion"].as_str(), job["kind"].as_str()),
        (Some("batch/v1"), Some("Job"))
    );
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"].as_str(), Some("Indexed"));
    let parts = spec["completions"].as_i64().unwrap();
    let suite = &spec["template"]["spec"]["containers"][0];
    let script = suite["args"][0].as_str().unwrap();
    // The index counts from 0.
    assert!(script.contains("part=$((JOB_COMPLETION_INDEX + 1))"), "{script}");
    assert!(script.contains(&format!("--shard \"$part/{parts}\"")), "{script}");
    takes(script.lines().last().unwrap());
    // A reader that is not certified is not tried over and over, and an interrupted run is.
    let policy = &spec["podFailurePolicy"]["rules"][0]["onExitCodes"];
    let given_up: Vec<_> = policy["values"]
        .as_vec()
        .unwrap()
        .iter()
        .filter_map(Yaml::as_i64)
        .collect();
    assert_eq!(given_up, [1, 2, 4]);
    assert_eq!(policy["containerName"], suite["name"]);
}

/// Campaigns and pruning share one store of corpora; otherwise machines would not learn from each other.
#[test]
fn the_fuzzing_workflow_merges_what_its_machines_find() {
    let (_, workflow) = document("fuzz/ci/github-workflow.yml");
    let run = |job: &str| {
        let steps = workflow["jobs"][job]["steps"].as_vec().unwrap();
        let run = steps
            .iter()
            .find(|step| step["uses"].as_str().unwrap().contains("/run_fuzzers@"));
        run.unwrap()["with"].clone()
    };
    for (job, mode) in [
        ("change", "code-change"),
        ("campaign", "batch"),
        ("prune", "prune"),
    ] {
        assert_eq!(run(job)["mode"].as_str(), Some(mode));
    }
    assert!(run("campaign")["storage-repo"].as_str().is_some());
    assert_eq!(run("campaign")["storage-repo"], run("prune")["storage-repo"]);
    // Each job that a clock starts is started by one of the workflow's times.
    let times = workflow["on"]["schedule"].as_vec().unwrap();
    for job in ["campaign", "prune"] {
        let condition = workflow["jobs"][job]["if"].as_str().unwrap();
        let started = |time: &&Yaml| condition.contains(&format!("'{}'", time["cron"].as_str().unwrap()));
        assert_eq!(times.iter().filter(started).count(), 1, "{condition}");
    }
    let (_, project) = document(".clusterfuzzlite/project.yaml");
    assert_eq!(project["language"].as_str(), Some("rust"));
}
