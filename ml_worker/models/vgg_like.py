"""The VGG-like baseline of FSD50K (Fonseca et al. 2022, Section V): 0.27 M parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv_block(n_in: int, n_out: int) -> nn.Sequential:
    """Return convolution 3x3, batch normalisation and ReLU; size in time and frequency stays."""
    # The normalisation has a bias of its own.
    convolution = nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU(inplace=True))


def global_max_and_mean(maps: Tensor) -> Tensor:
    """Return the maximum and the mean over time and frequency: (n, c, t, f) to (n, 2 c)."""
    return torch.cat([maps.amax(dim=(2, 3)), maps.mean(dim=(2, 3))], dim=1)


class VggLike(nn.Module):
    """3 x conv 32, pool, 2 x conv 64, pool, conv 128, global max and mean, dense 256, dense.

    Input (n, 1, n_frames, n_bands), output logits (n, n_classes).
    """

    def __init__(self, n_classes: int) -> None:
        """Make the network for ``n_classes`` outputs."""
        super().__init__()
        self.maps = nn.Sequential(
            conv_block(1, 32),
            conv_block(32, 32),
            conv_block(32, 32),
            nn.MaxPool2d(2),
            conv_block(32, 64),
            conv_block(64, 64),
            nn.MaxPool2d(2),
            conv_block(64, 128),
        )
        self.head = nn.Sequential(
            nn.Linear(256, 256), nn.ReLU(inplace=True), nn.Linear(256, n_classes)
        )

    def forward(self, patches: Tensor) -> Tensor:
        """Return logits."""
        return self.head(global_max_and_mean(self.maps(patches)))
