"""The verdict on each built-in set gives the reasons that its card states, and no others. Takes minutes.

Which columns decide is told beside them where no reason names any.
"""

from __future__ import annotations

import pytest
from atlas_card import AtlasFile

from compare_cli import Options, compare

pytestmark = pytest.mark.slow


def test_the_explanation_is_that_of_the_card(atlas_file: AtlasFile) -> None:
    verdict = compare(atlas_file.path, Options(repeats=2, jobs=1), target="class").verdict
    told = [reason.sentence for reason in verdict.reasons if reason.code != "columns"]
    assert set(told) <= set(verdict.because)
    found = {phrase: [s for s in told if phrase in s.lower()] for phrase in atlas_file.explained}
    assert all(len(sentences) == 1 for sentences in found.values()), told
    assert len(told) == len(found), told
