"""DenseNet-121 (Huang et al. 2017, Table 1) with a one-channel stem, as FSD50K counts it: 12.5 M.

Growth 32, blocks of 6, 12, 24 and 16 layers of bottleneck 1x1 to 128 maps and 3x3. The well-known
DenseNet-121 is "BC": its transitions halve the number of maps, and with 200 classes it has 7.2 M
parameters. The table's 12.5 M is that of the "B" variant, whose transitions keep all maps (12.4 M
here; another 0.14 M where, as in a common Keras version, each normalisation has a second scale and
shift, which compute nothing new). We take the size as the stated fact and keep all maps.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

GROWTH, BOTTLENECK, N_STEM = 32, 128, 64
LAYERS = (6, 12, 24, 16)


class DenseNet121(nn.Module):
    """Conv 7x7 64, pool, 4 dense blocks with transitions between them, global mean, dense.

    Input (n, 1, n_frames, n_bands), output logits (n, n_classes).
    """

    def __init__(self, n_classes: int) -> None:
        """Make the network for ``n_classes`` outputs."""
        super().__init__()
        stages: list[nn.Module] = [
            nn.Conv2d(1, N_STEM, kernel_size=7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(N_STEM),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        ]
        n_maps = N_STEM
        for block, n_layers in enumerate(LAYERS):
            if block:
                stages.append(_transition(n_maps))
            stages += [DenseLayer(n_maps + i * GROWTH) for i in range(n_layers)]
            n_maps += n_layers * GROWTH
        stages += [nn.BatchNorm2d(n_maps), nn.ReLU(inplace=True)]
        self.maps = nn.Sequential(*stages)
        self.head = nn.Linear(n_maps, n_classes)

    def forward(self, patches: Tensor) -> Tensor:
        """Return logits."""
        return self.head(self.maps(patches).mean(dim=(2, 3)))


class DenseLayer(nn.Module):
    """BN, ReLU, conv 1x1, BN, ReLU, conv 3x3; its 32 new maps are put beside those it was given."""

    def __init__(self, n_in: int) -> None:
        """Make the layer for ``n_in`` maps."""
        super().__init__()
        self.new_maps = nn.Sequential(
            nn.BatchNorm2d(n_in),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_in, BOTTLENECK, kernel_size=1, bias=False),
            nn.BatchNorm2d(BOTTLENECK),
            nn.ReLU(inplace=True),
            nn.Conv2d(BOTTLENECK, GROWTH, kernel_size=3, padding=1, bias=False),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return ``n_in + 32`` maps."""
        return torch.cat([maps, self.new_maps(maps)], dim=1)


def _transition(n_maps: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(n_maps),
        nn.ReLU(inplace=True),
        nn.Conv2d(n_maps, n_maps, kernel_size=1, bias=False),
        nn.AvgPool2d(2),
    )
