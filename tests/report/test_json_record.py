"""`evaluation.json`."""

import json

import pytest

from desist.report.json_record import encode_evaluation, write_json

TOP = ["schema", "package_version", "seed", "settings", "design", "answer", "measures", "checks"]
TOP += ["groups", "by_day", "bias", "sensitivity", "evidence", "one_process", "among"]
TOP += ["statements", "warnings", "withheld"]
DESIGN = ["estimand", "method", "n_treated", "n_treated_dropped", "n_comparison"]
DESIGN += ["ess_comparison", "worst_covariate", "balance", "overlap"]
BALANCE = ["covariate", "smd_before", "smd_after", "variance_ratio", "ks", "word"]
MEASURE = ["measure", "estimand", "n_treated", "n_comparison", "treated", "comparison"]
MEASURE += ["difference", "lower", "upper", "ratio", "ratio_lower", "ratio_upper"]
MEASURE += ["probability_of_benefit", "engine", "khat", "rhat_max", "ess_bulk_min"]
MEASURE += ["mcse_lower", "mcse_upper", "causal"]
CHECK = ["measure", "check", "estimate", "lower", "upper", "p_value", "applicable", "reason"]
CHECK += ["agrees", "agreement"]


def read(evaluation, rules="2019"):
    return json.loads(write_json(encode_evaluation(evaluation, rules=rules)))


def test_the_record_has_exactly_the_keys_of_its_schema(of_people):
    record = read(of_people)
    assert list(record) == TOP
    assert record["schema"] == 1
    assert list(record["design"]) == DESIGN
    assert list(record["design"]["balance"][0]) == BALANCE
    assert all(list(row) == MEASURE for row in record["measures"])
    assert all(list(row) == CHECK for row in record["checks"])
    assert all(list(row) == ["measure", "may_say", "may_not_say"] for row in record["statements"])


def test_measures_and_checks_are_slugs_and_causal_is_true_or_descriptive(published):
    record = read(published)
    assert [row["measure"] for row in record["measures"]] == [
        "rate",
        "frequency",
        "time_among_reoffenders",
    ]
    assert [row["causal"] for row in record["measures"]] == [True, True, "descriptive"]
    assert record["checks"][0]["check"] == "welch"


def test_units_are_proportions_offences_per_person_and_days(published):
    rate, frequency, time = read(published)["measures"]
    assert rate["difference"] == pytest.approx(-0.112)
    assert frequency["treated"] == pytest.approx(0.335)
    assert time["comparison"] == pytest.approx(142.9)


def test_numbers_that_do_not_exist_are_null(of_people, published):
    hazard = read(of_people)["measures"][2]
    assert hazard["measure"] == "hazard_ratio"
    assert hazard["difference"] is None
    assert hazard["ratio"] == pytest.approx(1.08)
    fisher = read(published)["checks"][2]
    assert (fisher["applicable"], fisher["p_value"], fisher["agrees"]) == (False, None, None)
    assert fisher["reason"] == "the weights differ"
    assert read(published)["design"] is None


def test_relative_claims_are_only_under_may_not_say(published):
    statements = {row["measure"]: row for row in read(published, "2017")["statements"]}
    for measure, claim in {
        "rate": "44%",
        "frequency": "71%",
        "time_among_reoffenders": "48%",
    }.items():
        assert claim in statements[measure]["may_not_say"]
        assert "%" not in statements[measure]["may_say"]


def test_a_note_on_a_small_group_is_part_of_what_may_be_said(published):
    time = read(published, "2017")["statements"][2]
    assert "13 participants reoffended" in time["may_say"]


def test_an_unavailable_measure_has_a_statement_and_a_warning_with_the_reason(of_people):
    record = read(of_people)
    assert record["statements"][-1]["measure"] == "frequency"
    assert "no column of offences" in record["statements"][-1]["may_say"]
    assert (
        "Reoffences: not available, because the cohort has no column of offences."
        in record["warnings"]
    )


def test_a_measure_that_is_not_printed_is_kept_in_the_record_with_a_warning(published):
    record = read(published, "2019")
    assert len(record["measures"]) == 3
    assert "not printed in the report, because 13 participants" in record["warnings"][-1]


def test_the_rule_set_is_stored_with_the_settings(of_people):
    assert read(of_people)["settings"]["report"] == {"rules": "2019"}
    assert read(of_people)["settings"]["horizon"] == 365
