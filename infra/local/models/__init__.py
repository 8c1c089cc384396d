"""The offline model server: speech, embeddings and analysis behind OpenAI's HTTP shapes."""
