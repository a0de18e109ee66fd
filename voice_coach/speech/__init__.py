"""Voice (text to speech), hearing (speech to text), and the models behind them."""
