"""What a report says of the programme and of itself."""

import pytest

from desist.cli.study import read_study
from desist.errors import InputError
from desist.report.about import About
from desist.report.document import render_files
from desist.report.view import make_view

pytestmark = pytest.mark.usefixtures("undrawn")

ABOUT = About(
    programme="Work in prison <b>before</b> release",
    place="North Carolina",
    response="We are pleased.",
    labels={"age": "Age at release", "ethnicity": "Ethnicity"},
)


def test_what_was_given_is_shown_in_every_output_as_it_was_given(of_people):
    files = render_files(make_view(of_people, about=ABOUT))
    page = files["report.html"].decode()
    assert "<dt>Where</dt><dd>North Carolina</dd>" in page
    assert "Work in prison &lt;b&gt;before&lt;/b&gt; release" in page
    assert page.index("the probability of") < page.index("North Carolina")
    assert "We are pleased." in files["report.md"].decode()
    assert "We are pleased." in files["tables/about.csv"].decode()


def test_nothing_given_is_no_section(plain_page):
    assert 'id="about"' not in plain_page


def test_covariates_and_levels_bear_their_labels_in_tables_and_not_in_the_record(of_people):
    files = render_files(make_view(of_people, about=ABOUT))
    for name in ("report.html", "report.md", "tables/balance.csv"):
        assert "Age at release" in files[name].decode()
        assert "Ethnicity: white" in files[name].decode()
    assert "Age at release" not in files["evaluation.json"].decode()


def test_a_label_of_a_level_goes_before_that_of_its_column():
    about = About(labels={"region": "Region", "region[North]": "The North"})
    assert about.label("region[North]") == "The North"
    assert about.label("region[South]") == "Region: South"
    assert about.label("age") == "age"


def test_terms_and_columns_of_levels_have_their_labels():
    about = About(labels={"age": "Age", "region": "Region", "workprg": "Work in prison"})
    assert about.label("C(region)[North]") == "Region: North"
    assert about.label("C(region)") == "Region"
    assert about.label("C(prison)[North]") == "C(prison)[North]"
    assert about.label_formula("age + C(region) + priors") == "Age, Region, priors"


def test_a_settings_file_lists_every_item_that_the_checklist_does_not_have(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        '[data]\npeople = "p.csv"\ntreatment = "t"\n[design]\nmethod = "radius"\n'
        '[report.target]\n2 = "known"\n22 = "x"\n7h = "y"\n'
    )
    with pytest.raises(InputError) as refused:
        read_study(path)
    assert len(refused.value.faults) == 2
    assert "[report.target]: expected an item of the TARGET statement" in str(refused.value)
    path.write_text(path.read_text().replace('22 = "x"\n7h = "y"\n', '"7h(i)" = "said"\n'))
    assert read_study(path).about.target == {"2": "known", "7h(i)": "said"}
