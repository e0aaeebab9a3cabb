"""What Python's official client gets of the inference API, as one JSON object on stdout. Takes an address and keys."""

import json
import sys

import openai

url, key, poor_key = sys.argv[1:4]
client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)


def told(**behaviour):
    return json.dumps(behaviour)


def messages(**behaviour):
    return [{"role": "user", "content": told(**behaviour)}]


TOOL = {
    "name": "add",
    "description": "adds",
    "parameters": {"type": "object", "properties": {"a": {"type": "number"}}},
}


def chat():
    answer = client.chat.completions.create(model="toy", messages=messages())
    return [answer.choices[0].message.content, answer.usage.prompt_tokens, answer.usage.completion_tokens]


def chat_stream():
    stream = client.chat.completions.create(
        model="toy", messages=messages(), stream=True, stream_options={"include_usage": True}
    )
    text, output = "", None
    for chunk in stream:
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        output = chunk.usage.completion_tokens if chunk.usage else output
    return [text, output]


def chat_tools():
    answer = client.chat.completions.create(
        model="toy",
        messages=messages(tokens=0, calls=["add", "add"]),
        tools=[{"type": "function", "function": TOOL}],
    )
    return [[call.function.name, call.function.arguments] for call in answer.choices[0].message.tool_calls]


def response():
    answer = client.responses.create(model="toy", input=told())
    return [answer.output_text, answer.status, answer.usage.input_tokens, answer.usage.output_tokens]


def response_stream():
    with client.responses.stream(model="toy", input=told(thinks="hm")) as stream:
        types = [event.type for event in stream]
        final = stream.get_final_response()
    return [types[0], types[-1], final.output_text, [item.type for item in final.output]]


def response_broken():
    types = []
    try:
        for event in client.responses.create(
            model="toy", input=told(tokens=9, cutAfter=4, delayMs=5), stream=True
        ):
            types.append(event.type)
    except openai.APIError as error:
        return [types[-1], "not complete" in str(error)]
    return [types[-1], None]


def embeddings():
    answer = client.embeddings.create(model="vectors", input=["a", "b"])
    return [[list(entry.embedding) for entry in answer.data], answer.usage.prompt_tokens]


def completion():
    answer = client.completions.create(model="toy", prompt="once")
    return [answer.choices[0].text, answer.usage.completion_tokens]


def models():
    return sorted(model.id for model in client.models.list())


def failure_of(ask):
    try:
        ask()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code]
    return None


def errors():
    wrong = openai.OpenAI(base_url=url, api_key="sk-no", max_retries=0)
    poor = openai.OpenAI(base_url=url, api_key=poor_key, max_retries=2)
    return [
        failure_of(lambda: wrong.responses.create(model="toy", input="a")),
        failure_of(lambda: client.responses.create(model="none", input="a")),
        failure_of(lambda: poor.chat.completions.create(model="toy", messages=messages())),
        failure_of(lambda: client.embeddings.create(model="toy", input="a")),
    ]


def again():
    patient = openai.OpenAI(base_url=url, api_key=key, max_retries=2)
    return patient.chat.completions.create(
        model="toy", messages=messages(busyOnce="python")
    ).choices[0].message.content


CASES = [
    chat, chat_stream, chat_tools, response, response_stream, response_broken,
    embeddings, completion, models, errors, again,
]
print(json.dumps({case.__name__: case() for case in CASES}))
