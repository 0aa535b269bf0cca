package verify

import (
	"slices"
	"strings"
)

// Agent is a class of clients that owners treat alike.
type Agent string

// The classes. A client that names itself like none of the known ones counts
// as human.
const (
	Human     Agent = "human"
	Search    Agent = "search"     // fills the index of a search engine
	Training  Agent = "training"   // gathers text to train models with
	UserFetch Agent = "user-fetch" // fetches because a person asked for it now
	Social    Agent = "social"     // draws the preview of a shared link
)

// Agents lists the classes.
var Agents = []Agent{Human, Search, Training, UserFetch, Social}

// agentToken is a product token by which a client names itself.
type agentToken struct {
	token string
	class Agent
}

// agentTokens are the product tokens that the operators document (as of
// 2026-11). Google-Extended and Applebot-Extended are words of robots.txt
// only: no request carries them.
var agentTokens = []agentToken{
	{"ChatGPT-User", UserFetch}, {"Claude-User", UserFetch}, {"Perplexity-User", UserFetch}, {"Meta-ExternalFetcher", UserFetch},
	{"OAI-SearchBot", Search}, {"Claude-SearchBot", Search}, {"PerplexityBot", Search}, {"Googlebot", Search}, {"bingbot", Search},
	{"DuckDuckBot", Search}, {"Applebot", Search}, {"YandexBot", Search}, {"Baiduspider", Search},
	{"GPTBot", Training}, {"ClaudeBot", Training}, {"CCBot", Training}, {"Meta-ExternalAgent", Training}, {"Bytespider", Training}, {"Amazonbot", Training},
	{"facebookexternalhit", Social}, {"Twitterbot", Social}, {"LinkedInBot", Social}, {"Slackbot", Social}, {"Discordbot", Social}, {"WhatsApp", Social}, {"TelegramBot", Social},
}

// AgentOf returns the class of a User-Agent field, a product token or the name
// of a class.
func AgentOf(ua string) Agent {
	low := strings.ToLower(ua)
	if a := Agent(low); slices.Contains(Agents, a) {
		return a
	}
	for _, t := range agentTokens {
		if strings.Contains(low, strings.ToLower(t.token)) {
			return t.class
		}
	}
	return Human
}

// UserAgent returns a field by which a client of the class names itself.
func (a Agent) UserAgent() string {
	switch a {
	case Search:
		return "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	case Training:
		return "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
	case UserFetch:
		return "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot)"
	case Social:
		return "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
	}
	return "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
}
