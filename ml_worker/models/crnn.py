"""The CRNN baseline of FSD50K (Fonseca et al. 2022, Section V): 0.96 M parameters.

Published are the shape and the sum. Ours, within it: the two directions' last states go to the
dense layer (a mean over time would have as many parameters), the convolutions have no bias (the
normalisation has one), the GRU has PyTorch's two biases a gate: 0.97 M.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

N_MAPS, N_UNITS, N_BANDS = 128, 64, 96
POOLS = ((2, 5), (2, 4), (2, 2))
"""Factors in time and frequency after each convolution."""


class Crnn(nn.Module):
    """3 x [conv 5x5 128, BN, ReLU, max-pool], bidirectional GRU 64, dense.

    Input (n, 1, n_frames, 96) with n_frames of at least 8, output logits (n, n_classes).
    """

    def __init__(self, n_classes: int) -> None:
        """Make the network for ``n_classes`` outputs."""
        super().__init__()
        blocks: list[nn.Module] = []
        n_in, n_bands = 1, N_BANDS
        for pool in POOLS:
            blocks += [
                nn.Conv2d(n_in, N_MAPS, kernel_size=5, padding=2, bias=False),
                nn.BatchNorm2d(N_MAPS),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(pool),
            ]
            n_in, n_bands = N_MAPS, n_bands // pool[1]
        self.maps = nn.Sequential(*blocks)
        self.gru = nn.GRU(N_MAPS * n_bands, N_UNITS, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * N_UNITS, n_classes)

    def forward(self, patches: Tensor) -> Tensor:
        """Return logits."""
        maps = self.maps(patches)
        sequence = maps.permute(0, 2, 1, 3).flatten(start_dim=2)
        # In full precision: a recurrence adds up what rounding loses, and it is cheap.
        with torch.autocast(maps.device.type, enabled=False):
            _, last = self.gru(sequence.float().contiguous())
        return self.head(torch.cat([last[0], last[1]], dim=1))
