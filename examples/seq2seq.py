"""Sequence to sequence with attention: dates as people write them, put into one form.

    python examples/seq2seq.py          # "march 3, 1987" -> "1987-03-03"

A GRU reads the characters both ways and leaves a vector h_j at each; another GRU writes, its state
s_i at place i. What it writes next depends on its state and on the places that it looks at:

    weights a_i = softmax_j(s_i . W h_j),   seen c_i = sum_j a_ij h_j,   scores U tanh(V [c_i; s_i])

In training it reads the true characters so far (teacher forcing), afterwards its own.

References: D. Bahdanau, K. Cho, Y. Bengio, Neural machine translation by jointly learning to align
and translate, 2015; M. Luong et al., Effective approaches to attention-based translation, 2015.
"""

import datetime
import sys

import numpy as np
from language import Alphabet
from lesson import lesson, sound, track

import autograd
import nn
import optim
from nn import functional as F

PADDING, START, LENGTH, WIDTH, BATCH = " ", ">", 10, 96, 64
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = ("{d}.{m}.{y}", "{d} {month} {y}", "{month} {d}, {y}", "{d} {mon} {yy}", "{mon} {d}, '{yy}",
         "{weekday}, {d} {month} {y}", "{weekday} {month} {d} {y}", "{d}/{mon}/{y}")
ALPHABET = Alphabet("".join((PADDING, START, "0123456789-/.,'", *MONTHS, *DAYS)))
FIRST, LAST = (datetime.date(year, 1, 1).toordinal() for year in (1950, 2050))


def written(day: datetime.date, form: int) -> str:
    """A date as somebody may write it; years of two digits are those from 1950 to 2049."""
    month = MONTHS[day.month - 1]
    return FORMS[form].format(d=day.day, m=day.month, y=day.year, yy=f"{day.year % 100:02}",
                              month=month, mon=month[:3], weekday=DAYS[day.weekday()])


def dates(count: int, held_out: bool):
    """Texts padded to one length (N, J), and what they mean (N, LENGTH). Every tenth day is held
    out: training never sees it in any form."""
    tens = autograd.randint(FIRST // 10, LAST // 10, (count,)).numpy()
    ones = 0 if held_out else autograd.randint(1, 10, (count,)).numpy()
    days = [datetime.date.fromordinal(int(n)) for n in 10 * tens + ones]
    forms = autograd.randint(0, len(FORMS), (count,)).tolist()
    texts = [written(*pair) for pair in zip(days, forms, strict=True)]
    longest = max(map(len, texts))
    return (autograd.from_numpy(np.stack([ALPHABET.encode(line) for line in lines]))
            for lines in ([text.ljust(longest, PADDING) for text in texts], map(str, days)))


class Translator(nn.Module):
    """Shape: texts (N, J), what was written so far (N, I) -> scores (N, I, characters)."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), 32)
        self.encoder = nn.GRU(32, WIDTH // 2, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(32, WIDTH, batch_first=True)
        self.look = nn.Linear(WIDTH, WIDTH, bias=False)
        self.merge, self.head = nn.Linear(2 * WIDTH, WIDTH), nn.Linear(WIDTH, len(ALPHABET))

    def read(self, texts):
        """h (N, J, WIDTH), and where only padding is."""
        return self.encoder(self.embedding(texts))[0], texts == ALPHABET.encode(PADDING).item()

    def step(self, memory, padding, before, state=None):
        """Scores (N, I, characters) behind each of the characters `before` (N, I), the state of
        the decoder, and its attention (N, I, J)."""
        s, state = self.decoder(self.embedding(before), state)
        fits = s @ self.look(memory).transpose(1, 2)  # (N, I, J)
        weights = fits.masked_fill(padding.unsqueeze(1), -float("inf")).softmax(2)
        merged = self.merge(autograd.cat([weights @ memory, s], 2)).tanh()
        return self.head(merged), state, weights

    def translate(self, texts):
        """The likeliest characters (N, LENGTH) and the attention (N, LENGTH, J), step by step."""
        memory, padding = self.read(texts)
        before, state = autograd.full((len(texts), 1), ALPHABET.encode(START).item()), None
        answers, looks = [], []
        for _ in range(LENGTH):
            scores, state, weights = self.step(memory, padding, before, state)
            before = scores.argmax(2)
            answers.append(before)
            looks.append(weights)
        return autograd.cat(answers, 1), autograd.cat(looks, 1)


def teach(args):
    model = Translator()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, args.steps)
    start = autograd.full((BATCH, 1), ALPHABET.encode(START).item())
    for _ in track(args.steps):
        texts, meanings = dates(BATCH, held_out=False)
        before = autograd.cat([start, meanings[:, :-1]], 1)
        scores = model.step(*model.read(texts), before)[0]
        loss = F.cross_entropy(scores.flatten(0, 1), meanings.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    texts, meanings = dates(500, held_out=True)
    with autograd.no_grad():
        answers, looks = model.translate(texts)
    sound("the attention", looks, 500, LENGTH, texts.shape[1])
    right = (answers == meanings).all(1)
    print(f"exact matches on days never seen: {right.float().mean().item():.1%}, single "
          f"characters: {(answers == meanings).float().mean().item():.1%}")
    pairs = [tuple(map(ALPHABET.decode, pair)) for pair in zip(texts.numpy(), answers.numpy())]
    for (text, answer), good in list(zip(pairs, right.tolist()))[:8]:
        print(f"  {text.rstrip():32} {answer}   {'right' if good else 'wrong'}")
    return pairs[:4], looks[:4].numpy()


def draw(result, figure) -> None:
    for axes, (text, answer), look in zip(figure.subplots(2, 2).flat, *result, strict=True):
        text = text.rstrip()
        axes.imshow(look[:, :len(text)], cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(text)), text, family="monospace")
        axes.set_yticks(range(LENGTH), answer, family="monospace")
    figure.suptitle("where the writer (rows) looks in the text (columns)")


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=2500, size=(12, 7))


if __name__ == "__main__":
    sys.exit(main())
