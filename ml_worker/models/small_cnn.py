"""A small network for small collections and slow machines: half the VGG-like one's parameters and
about a fifth of its time. Ours; no published counterpart.
"""

from __future__ import annotations

from torch import Tensor, nn

from ml_worker.models.vgg_like import conv_block, global_max_and_mean


class SmallCnn(nn.Module):
    """Conv 24 (5x5, stride 2), conv 48, pool, conv 96, pool, conv 96, global max and mean, dense.

    Input (n, 1, n_frames, n_bands), output logits (n, n_classes).
    """

    def __init__(self, n_classes: int) -> None:
        """Make the network for ``n_classes`` outputs."""
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, 24, kernel_size=5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(inplace=True),
            conv_block(24, 48),
            nn.MaxPool2d(2),
            conv_block(48, 96),
            nn.MaxPool2d(2),
            conv_block(96, 96),
        )
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(192, n_classes))

    def forward(self, patches: Tensor) -> Tensor:
        """Return logits."""
        return self.head(global_max_and_mean(self.maps(patches)))
