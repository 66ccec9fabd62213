"""A figure with a section of its own."""

from sensbench.findings.consensus import the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import feature_axis, panels, title_panels
from sensbench.report.style import house_style, method_styles


class Signs(ReportFigure):
    """Correlation of every output with every input, rising to the right."""

    name, section, order = "signs", "direction_of_effects", 10
    title = "Rising or falling"
    caption = "Right of 0: the output rises with the input; left: it falls."

    def applies(self, results):
        return Omitted("nothing was correlated") if self._rows(results).empty else None

    def draw(self, results):
        question, rows = the_question(results), self._rows(results)
        styles = method_styles(results.methods)
        with house_style():
            figure, axes = panels(len(question.outputs), 3.0, 2.0, 0.6)
            for ax, output in zip(axes, question.outputs, strict=True):
                for method, mine in rows[rows["output"] == output].groupby("estimator"):
                    at = [question.features.index(feature) for feature in mine["feature"]]
                    ax.plot(mine["value"], at, styles[method].marker, color=styles[method].colour)
                feature_axis(ax, question.features)
            title_panels(axes, question.outputs, len(question.outputs))
        return figure

    def alt(self, results):
        told = (
            f"{r.output} by {r.feature}: {r.value:+.2f}" for r in self._rows(results).itertuples()
        )
        return f"Correlations of outputs with inputs. {'; '.join(told)}."

    def _rows(self, results):
        final = results.final()
        return final[final["measure"] == "demo_correlation"]
