"""ResNet-18 (He et al. 2016, Table 1) with a one-channel stem: 11.3 M parameters at 200 classes."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import relu

WIDTHS = (64, 128, 256, 512)
"""Maps of the four stages, two blocks each; all but the first halve time and frequency."""


class ResNet18(nn.Module):
    """Conv 7x7 64, pool, 4 stages of 2 residual blocks, global mean, dense.

    Input (n, 1, n_frames, n_bands), output logits (n, n_classes).
    """

    def __init__(self, n_classes: int) -> None:
        """Make the network for ``n_classes`` outputs."""
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, WIDTHS[0], kernel_size=7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(WIDTHS[0]),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        )
        blocks = []
        n_in = WIDTHS[0]
        for stage, n_out in enumerate(WIDTHS):
            blocks += [ResidualBlock(n_in, n_out, 2 if stage else 1), ResidualBlock(n_out, n_out)]
            n_in = n_out
        self.stages = nn.Sequential(*blocks)
        self.head = nn.Linear(WIDTHS[-1], n_classes)
        _initialise(self)

    def forward(self, patches: Tensor) -> Tensor:
        """Return logits."""
        return self.head(self.stages(self.stem(patches)).mean(dim=(2, 3)))


class ResidualBlock(nn.Module):
    """Two convolutions 3x3 beside a shortcut, which is 1x1 where the shape changes."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        """Make the block; ``stride`` shortens time and frequency."""
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(n_in, n_out, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_out, n_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or n_in != n_out:
            convolution = nn.Conv2d(n_in, n_out, kernel_size=1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(n_out))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of ``n_out`` channels."""
        return relu(self.residual(maps) + self.shortcut(maps))


def _initialise(network: nn.Module) -> None:
    """Draw the convolutions from He et al.'s distribution, by their fan-out."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
