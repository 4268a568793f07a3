"""The family of API surfaces."""

TABLE = {
    "anthropic-messages": ".anthropic_messages:AnthropicMessages",
    "local": ".openai_chat:OpenAIChat",  # unless the endpoint names another `surface`; see ask.local_model
    "openai-chat": ".openai_chat:OpenAIChat",
    "openai-responses": ".openai_responses:OpenAIResponses",
    "python": ".python:PythonFunction",
}
