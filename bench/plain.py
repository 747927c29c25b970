"""
The baseline: the relay that a good developer writes after reading the READMEs of Quart and openai.

``python -m bench.plain --port 8001 --context FILE`` serves it with Hypercorn as it comes.
"""

import argparse
import asyncio
import json
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from openai import AsyncOpenAI
from quart import Quart, websocket

MODEL = "gpt-5.4-mini"


def create_app(context: str) -> Quart:
    """Return an application that answers from one fixed text and sends each token as it comes."""
    app = Quart(__name__)
    client = AsyncOpenAI()

    @app.get("/")
    async def hello() -> str:
        return "Hello"

    @app.websocket("/ws")
    async def chat() -> None:
        await websocket.accept()
        while True:
            asked = json.loads(await websocket.receive())
            content = f"{context}\n\nQuestion: {asked['question']}"
            stream = await client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": content}], stream=True
            )
            async for chunk in stream:
                if chunk.choices and (text := chunk.choices[0].delta.content):
                    await websocket.send(json.dumps({"type": "delta", "id": asked["id"], "text": text}))
            await websocket.send(json.dumps({"type": "finish", "id": asked["id"]}))

    return app


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.plain", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--context", type=Path, required=True)
    given = parser.parse_args()
    config = Config()
    config.bind = [f"127.0.0.1:{given.port}"]
    asyncio.run(serve(create_app(given.context.read_text()), config))


if __name__ == "__main__":
    main()
