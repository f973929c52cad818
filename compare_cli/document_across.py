"""The part of the JSON contract that speaks of several data sets, and what all its parts are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from compare_cli.across_types import Across

Rate = Annotated[float | None, Field(ge=0, le=1)]
Number = float | None
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Status = Literal["better", "equivalent", "undecided", "single", "none"]


class Part(BaseModel):
    """A part of the document. Unknown keys are kept, so that newer documents can be read."""

    model_config = ConfigDict(extra="allow", ser_json_inf_nan="null", from_attributes=True)


class RankPart(Part):
    """One model over the data sets on which every model finished."""

    model: str
    average_rank: Number = Field(description="1 is best; models that tie share their mean rank")
    wins: Count = Field(description="over all other models and data sets, by more than the ROPE")
    ties: Count = Field(description="differences within the ROPE")
    losses: Count
    mean_accuracy: Rate = Field(description="null when another metric ranks")


class AcrossPairPart(Part):
    """Two models over the data sets on which every model finished; left has the better average rank."""

    left: str
    right: str
    p_left: Share = Field(description="Bayesian signed-rank: left is better by more than the ROPE")
    p_rope: Share = Field(description="practically equivalent")
    p_right: Share = Field(description="right is better by more than the ROPE")
    wilcoxon_p: Share = Field(description="of the signed-rank test alone")
    wilcoxon_p_holm: Share = Field(description="corrected for the number of pairs (Holm)")
    wins: Count = Field(description="data sets on which left is better by more than the ROPE")
    ties: Count
    losses: Count
    datasets: Count
    median: float = Field(description="of the differences, in units of the metric; above 0: left is better")
    lowest: float
    highest: float
    verdict: Literal["better", "worse", "equivalent", "undecided"] = Field(
        description='of left; "better" needs p_left >= 0.95 and wilcoxon_p_holm < 0.05, and 10 data sets'
    )


class AcrossVerdictPart(Part):
    """The answer over data sets."""

    status: Status
    sentence: str
    top_set: list[str] = Field(description="the model with the best average rank and those it does not beat")


class AcrossPart(Part):
    """Models across data sets, without the baseline."""

    models: list[RankPart] = Field(description="in order of average rank")
    pairs: list[AcrossPairPart]
    friedman_p: Rate = Field(description="of Friedman's test with correction for ties: all models rank alike")
    critical_difference: Number = Field(
        description="of average ranks (Nemenyi, 0.05); for the diagram only, pairs decide"
    )
    datasets: Count = Field(description="data sets on which every model finished")
    rank_groups: list[list[str]] = Field(
        description="largest groups of models whose average ranks lie within the critical difference"
    )
    verdict: AcrossVerdictPart


def across_part(across: Across) -> AcrossPart:
    """Return what several data sets say as a part of the document."""
    return AcrossPart.model_validate(across)
