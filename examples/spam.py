"""Spam or not: the mean of a sentence's word vectors decides, and each word can be asked alone.

    python examples/spam.py

Each word has a vector (an embedding, learned); a sentence is the mean of its words' vectors, and a
linear layer scores it: p(spam) = s(w . mean(e_1, ..., e_n) + b). The score is a mean over words, so
each word has a score of its own, w . e + b: what it alone says. Sentences come from a small
grammar of both kinds whose words overlap (a friend, too, writes of a prize or of money).

Reference: A. Joulin et al., Bag of tricks for efficient text classification, 2017.
"""

import sys

import numpy as np
from lesson import COLORS, lesson, sound, track

import autograd
import nn
import optim
from nn import functional as F

WIDTH, BATCH, UNKNOWN = 16, 32, 0.02  # the last: how often training hides a word

# A sentence is one of a kind's forms; every NAME in it becomes one of the phrases under that name.
FORMS = {
    "spam": ("HELLO you WON THING CALL", "URGE CALL to get THING", "HELLO THING is waiting for you",
             "CHEAP THING only TIME URGE", "make money FAST no risk URGE", "THING CHEAP CALL",
             "your account is blocked CALL TIME", "URGE you have been chosen for THING"),
    "ham": ("HELLO are you coming to PLACE TIME", "i will be at PLACE TIME", "HELLO call me TIME",
            "i have a MATTER for you get it TIME", "we won a game TIME at PLACE",
            "can you lend me some money for PLACE", "thanks for the MATTER see you TIME",
            "your prize from the school is at PLACE", "please send the MATTER to FRIEND TIME"),
}
PHRASES = {
    "HELLO": ("hi", "hello", "dear friend", "hey", "good morning", "FRIEND"),
    "WON": ("won", "have won", "are the winner of", "can claim", "get"),
    "THING": ("a free prize", "a free phone", "cash", "a luxury watch", "a gift card", "free money",
              "the big prize", "cheap pills", "a credit card", "a secret bonus"),
    "CALL": ("call now", "click this link", "click here", "reply to claim it", "call me",
             "visit our site"),
    "URGE": ("urgent", "act now", "the last chance", "do not miss me", "offer ends today", "hurry"),
    "CHEAP": ("half price", "cheap", "at no cost", "100 percent free", "best offer on"),
    "FAST": ("fast", "from home", "while you sleep", "today"),
    "PLACE": ("the station", "home", "work", "a cinema", "the party", "my place", "lunch",
              "the game", "a concert"),
    "TIME": ("today", "tomorrow", "tonight", "at noon", "on friday", "next week", "now", "later"),
    "MATTER": ("report", "homework", "draft", "minutes of the meeting", "recipe", "phone number",
               "letter", "book"),
    "FRIEND": ("anna", "ben", "mum", "dad", "maria", "tom"),
}


def pick(options):
    return options[autograd.randint(0, len(options), (1,)).item()]


def spell(form: str) -> list[str]:
    """The words of a form, its names replaced by phrases."""
    words = []
    for word in form.split():
        words += spell(pick(PHRASES[word])) if word in PHRASES else [word]
    return words


def corpus(forms, count: int) -> list[tuple[list[str], int]]:
    """Different sentences as (words, 1 for spam)."""
    sentences: dict[str, int] = {}
    while len(sentences) < count:
        kind = pick(("ham", "spam"))
        sentences.setdefault(" ".join(spell(pick(forms[kind]))), int(kind == "spam"))
    return [(text.split(), label) for text, label in sentences.items()]


class Spam(nn.Module):
    """Words as numbers, 0 for none -> scores.  Shape: (N, T) -> (N)."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, WIDTH, padding_idx=0)
        self.head = nn.Linear(WIDTH, 1)

    def forward(self, words):
        counts = (words != 0).sum(1, keepdim=True).clamp(min=1)
        return self.head(self.embedding(words).sum(1) / counts)[:, 0]


def numbers(sentences, vocabulary: dict[str, int]):
    """Sentences as one batch (N, T) of words' numbers, filled up with 0, and labels (N)."""
    rows = np.zeros((len(sentences), max(len(words) for words, _ in sentences)), np.int64)
    for row, (words, _) in zip(rows, sentences):
        row[:len(words)] = [vocabulary.get(word, 0) for word in words]
    labels = np.array([label for _, label in sentences], np.float32)
    return autograd.from_numpy(rows), autograd.from_numpy(labels)


def teach(args):
    seen = {kind: forms[:-2] for kind, forms in FORMS.items()}  # the last two are held out
    unseen = {kind: forms[-2:] for kind, forms in FORMS.items()}
    train, held_out = corpus(seen, 400), corpus(unseen, 200)
    known = sorted({word for words, _ in train for word in words})
    vocabulary = {word: i for i, word in enumerate(known, 1)}
    model = Spam(len(known) + 1)
    optimizer = optim.Adam(model.parameters(), lr=5e-3, weight_decay=5e-4)
    words, labels = numbers(train, vocabulary)
    for _ in track(args.steps):
        chosen = autograd.randint(0, len(words), (BATCH,))
        read = words[chosen] * (autograd.rand(BATCH, words.shape[1]) > UNKNOWN)
        loss = F.binary_cross_entropy_with_logits(model(read), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with autograd.no_grad():
        for name, sentences in (("trained on", train), ("of new forms", held_out)):
            words, labels = numbers(sentences, vocabulary)
            scores = sound("scores", model(words), len(sentences))
            right = ((scores > 0) == (labels > 0)).float().mean().item()
            print(f"sentences {name:12}: {right:.1%} of {len(sentences)} right")
        for (text, _), score in list(zip(held_out, scores.sigmoid().tolist()))[:6]:
            print(f"  p(spam) = {score:.2f}   {' '.join(text)}")
        alone = model(autograd.arange(1, len(known) + 1).unsqueeze(1)).numpy()
    return known, alone


def draw(result, figure) -> None:
    known, alone = result
    order = np.argsort(alone)
    for axes, chosen, title, color in zip(
            figure.subplots(1, 2), (order[:18], order[::-1][:18]), ("not spam", "spam"), COLORS):
        axes.barh(range(len(chosen)), np.abs(alone[chosen]), color=color)
        axes.set_yticks(range(len(chosen)), [known[i] for i in chosen])
        axes.invert_yaxis()
        axes.set(title=f"words that say: {title}", xlabel="|score| of the word alone")


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=1500, size=(10, 6))


if __name__ == "__main__":
    sys.exit(main())
