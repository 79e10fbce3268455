// A worker of a FIFO queue, on the AWS SDK for Go: it receives batches with long polls, takes the messages of each group
// in their order, groups side by side, prolongs the visibility of what takes long, deletes in batches, and gives back
// what it could not handle, with the rest of that group.  ../run says what bodies and output mean.
//
//	consumer ENDPOINT QUEUE_URL
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	visibilitySeconds = 10
	lateBy            = 12 * time.Second
	heartbeat         = 3 * time.Second
)

type worker struct {
	client *sqs.Client
	url    *string
	output sync.Mutex
}

func (w *worker) say(format string, arguments ...any) {
	w.output.Lock()
	defer w.output.Unlock()
	fmt.Printf(format+"\n", arguments...)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// handle does what the first body says, while a heartbeat keeps that message and those behind it invisible.
func (w *worker) handle(ctx context.Context, messages []types.Message) error {
	message := messages[0]
	words := strings.Fields(*message.Body)
	receives := message.Attributes["ApproximateReceiveCount"]
	switch words[2] {
	case "late":
		for late := time.After(lateBy); ; {
			select {
			case <-late:
				w.say("handled %s %s %s", words[0], words[1], receives)
				return nil
			case <-time.After(heartbeat):
				w.hide(ctx, messages, visibilitySeconds)
			}
		}
	case "again":
		if count, _ := strconv.Atoi(receives); count < 3 {
			w.say("failed %s %s %s", words[0], words[1], receives)
			return errors.New("not yet")
		}
	case "never":
		w.say("failed %s %s %s", words[0], words[1], receives)
		return errors.New("never")
	}
	w.say("handled %s %s %s", words[0], words[1], receives)
	return nil
}

func (w *worker) hide(ctx context.Context, messages []types.Message, seconds int32) {
	var entries []types.ChangeMessageVisibilityBatchRequestEntry
	for i, message := range messages {
		entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: seconds})
	}
	out, err := w.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: w.url, Entries: entries})
	check(err)
	if len(out.Failed) > 0 {
		check(fmt.Errorf("not hidden: %s", *out.Failed[0].Message))
	}
}

// group handles a group's messages in their order; it returns those that were handled.
func (w *worker) group(ctx context.Context, messages []types.Message) []types.Message {
	for i := range messages {
		if w.handle(ctx, messages[i:]) != nil {
			w.hide(ctx, messages[i:], 0)
			return messages[:i]
		}
	}
	return messages
}

func (w *worker) delete(ctx context.Context, messages []types.Message) {
	var entries []types.DeleteMessageBatchRequestEntry
	for i, message := range messages {
		entries = append(entries, types.DeleteMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: message.ReceiptHandle})
	}
	if len(entries) == 0 {
		return
	}
	out, err := w.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: w.url, Entries: entries})
	check(err)
	if len(out.Failed) > 0 {
		check(fmt.Errorf("not deleted: %s", *out.Failed[0].Message))
	}
}

// turn receives and handles one batch.
func (w *worker) turn(ctx context.Context) {
	out, err := w.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: w.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, VisibilityTimeout: visibilitySeconds,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}})
	check(err)
	groups := map[string][]types.Message{}
	for _, message := range out.Messages {
		name := message.Attributes["MessageGroupId"]
		groups[name] = append(groups[name], message)
	}
	var waiting sync.WaitGroup
	for _, messages := range groups {
		waiting.Add(1)
		go func(messages []types.Message) {
			defer waiting.Done()
			w.delete(ctx, w.group(ctx, messages))
		}(messages)
	}
	waiting.Wait()
}

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	check(err)
	client := sqs.NewFromConfig(settings, func(options *sqs.Options) { options.BaseEndpoint = aws.String(os.Args[1]) })
	w := &worker{client: client, url: aws.String(os.Args[2])}
	for {
		w.turn(ctx)
	}
}
