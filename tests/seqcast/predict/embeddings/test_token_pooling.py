"""Sums over spans of tokens against plain loops."""

import torch

from seqcast.predict.embeddings.token_pooling import span_sums


def test_sums_of_spans_leave_out_what_is_no_number():
    features = torch.randn(2, 9, 4)
    features[0, :3] = float("nan")  # padding
    features[1, 8] = float("inf")
    spans = [[(3, 9), (3, 5), (6, 6)], [(0, 8), (2, 3), (3, 8)]]
    found = span_sums(features, spans)
    for row, of_row in enumerate(spans):
        for span, (low, stop) in enumerate(of_row):
            expected = features[row, low:stop].double().sum(0)
            torch.testing.assert_close(found[row, span], expected)
